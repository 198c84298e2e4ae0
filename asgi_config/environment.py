"""Typed readers for environment variables: a value that cannot be used is an error that names its remedy."""

import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"", "0", "false", "no", "off"}


def text(name: str, default: str) -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool = False) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if name not in os.environ:
        return default
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name}={value!r} is neither on nor off: use 1 or 0.")
    return value in TRUE


def number(name: str, default: int, *, least: int = 1, most: int = 2**62) -> int:
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
    if not (0 < result < float("inf") or (may_be_zero and result == 0)):
        least = "from 0 on" if may_be_zero else "above 0"
        raise ImproperlyConfigured(f"{name}={value!r} is not a number of seconds {least}.")
    return result


def choice(name: str, default: str, options: list[str]) -> str:
    value = text(name, default)
    if value not in options:
        raise ImproperlyConfigured(f"{name}={value!r} is unknown: use one of {', '.join(options)}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def require_redis_address(value: str) -> None:
    """Nothing, or an address that the channel layer and Celery both understand, and that lets both verify."""
    try:
        url = urlsplit(value)
        is_usable = url.scheme in {"redis", "rediss"} and bool(url.hostname) and url.port != 0
        is_usable &= url.path in {"", "/"} or url.path[1:].isdecimal()
    except ValueError:
        is_usable = False
    if value and not is_usable:
        raise ImproperlyConfigured("REDIS_URL is not understood: write redis://:PASSWORD@HOST:6379/0.")
    if set(parse_qs(urlsplit(value).query).get("ssl_cert_reqs", [])) - {"required"}:
        raise ImproperlyConfigured(
            "REDIS_URL: with this ssl_cert_reqs anybody could pass for Redis. Leave it out, and name an authority of "
            "your own by ?ssl_ca_certs=FILE."
        )


def secret(name: str, kept: Path | None = None) -> str:
    """The variable, else the content of the file that NAME_FILE names, else of the one that `live` keeps, else nothing.

    Containers are given secrets as files: their environment is seen by whoever may inspect them, and by every child.
    """
    value, named = text(name, ""), text(f"{name}_FILE", "")
    if value and named:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: keep one of them.")
    if named:
        return _content_of_named(name, Path(named))
    if value or kept is None:
        return value
    try:
        return kept.read_text().strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ImproperlyConfigured(
            f"{kept} cannot be read ({error.strerror}): run as its owner, or set {name}."
        ) from error


def _content_of_named(name: str, path: Path) -> str:
    try:
        content = path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}_FILE={str(path)!r} cannot be read ({error.strerror}): name a file that this user may read."
        ) from error
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"{name}_FILE={str(path)!r} is not text: write the value into it.") from error
    if not content:
        raise ImproperlyConfigured(f"{name}_FILE={str(path)!r} is empty: write the value into it.")
    return content
