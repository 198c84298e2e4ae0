"""Typed readers for environment variables.

An empty variable counts as unset. An invalid value raises ImproperlyConfigured with a remedy.
"""

import hmac
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"", "0", "false", "no", "off"}
DAY_SECONDS = 86_400  # the wire's heartbeat has to fit a browser's timer, which holds 24 days
SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"
# Libraries read these, and would then leave Arrivals' settings aside. docs/environment.md lists the harmless ones.
REFUSED = (
    "CELERY_BROKER_URL",
    "CELERY_BROKER_READ_URL",
    "CELERY_BROKER_WRITE_URL",
    "CELERY_BROKER",
    "BROKER_URL",
    "CELERY_RESULT_BACKEND",
    "RESULT_BACKEND",
    "CELERY_WORKER_QUEUES",
    "CELERY_WORKER_EXCLUDE_QUEUES",
    "CELERY_WORKER_PURGE",
    "USE_ASYNCIO",
)


def refuse_variables_of_libraries() -> None:
    if found := [name for name in REFUSED if os.environ.get(name)]:
        raise ImproperlyConfigured(
            f"{found[0]} is set, perhaps for another project, and would override Arrivals' settings: unset it."
        )


def text(name: str, default: str) -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool = False) -> bool:
    """Returns False for an empty variable, so that `NAME=` turns a flag off."""
    value = os.environ.get(name, "").strip().lower()
    if name not in os.environ:
        return default
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name}={value!r} is not a flag: use 1 or 0.")
    return value in TRUE


def number(name: str, default: int, *, least: int = 1, most: int) -> int:
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) < 20 and least <= int(value) <= most):
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number from {least} to {most}.")
    return int(value)


def seconds(name: str, default: float, *, may_be_zero: bool = False) -> float:
    value = text(name, str(default))
    try:
        result = float(value)
    except ValueError:
        result = -1
    if not (0 < result <= DAY_SECONDS or (may_be_zero and result == 0)):
        bounds = f"from 0 to {DAY_SECONDS}" if may_be_zero else f"above 0, up to {DAY_SECONDS}"
        raise ImproperlyConfigured(f"{name}={value!r} is not a number of seconds {bounds}.")
    return result


def choice(name: str, default: str, options: list[str]) -> str:
    value = text(name, default)
    if value not in options:
        raise ImproperlyConfigured(f"{name}={value!r} is invalid: use one of {', '.join(options)}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """Splits the value at commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def require_redis_address(value: str) -> None:
    """Accepts an empty value, or a URL that the channel layer and Celery both understand and that verifies TLS."""
    try:
        url = urlsplit(value)
        is_usable = url.scheme in {"redis", "rediss"} and bool(url.hostname) and url.port != 0
        is_usable &= url.path in {"", "/"} or url.path[1:].isdecimal()
    except ValueError:
        is_usable = False
    if value and not is_usable:
        raise ImproperlyConfigured("REDIS_URL is invalid: write redis://:PASSWORD@HOST:6379/0.")
    if set(parse_qs(urlsplit(value).query).get("ssl_cert_reqs", [])) - {"required"}:
        raise ImproperlyConfigured(
            "REDIS_URL: this ssl_cert_reqs turns certificate verification off. Leave it out. For a certificate "
            "authority of your own add ?ssl_ca_certs=FILE."
        )


def redis_prefix(secret_key: str) -> str:
    """Returns the beginning of every key and channel, so that deployments may share a Redis database.

    Without it their workers took each other's messages. All processes of a deployment have the same SECRET_KEY.
    """
    return f"arrivals.{hmac.digest(secret_key.encode(), b'redis', 'sha256').hex()[:12]}."


def database(url: str) -> dict[str, Any]:
    """Returns Django's settings of the database with this URL. dj_database_url knows more databases than Arrivals."""
    try:
        found = dict(dj_database_url.parse(url))
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        found = {}
    if found.get("ENGINE") not in {SQLITE, POSTGRESQL}:
        raise ImproperlyConfigured(
            "DATABASE_URL is invalid. Arrivals works with PostgreSQL and SQLite: write "
            "postgres://USER:PASSWORD@HOST:5432/NAME or sqlite:////PATH/db.sqlite3."
        )
    return found


def secret(name: str, kept: Path | None = None) -> str:
    """Returns the variable NAME, else the content of the file NAME_FILE, else of `kept` (a file of `live`), else "".

    Containers get secrets as files, because `inspect` and every child process show the environment.
    """
    value, file = text(name, ""), text(f"{name}_FILE", "")
    if value and file:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: keep one of them.")
    if file:
        return _read_secret_file(name, Path(file))
    if value or kept is None:
        return value
    try:
        return kept.read_text().strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ImproperlyConfigured(
            f"{kept} cannot be read ({error.strerror}): run as its owner or set {name}."
        ) from error


def _read_secret_file(name: str, path: Path) -> str:
    try:
        content = path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}_FILE={str(path)!r} cannot be read ({error.strerror}): name a file that this user can read."
        ) from error
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"{name}_FILE={str(path)!r} is not text: write the value to it.") from error
    if not content:
        raise ImproperlyConfigured(f"{name}_FILE={str(path)!r} is empty: write the value to it.")
    return content
