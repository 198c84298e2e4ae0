"""Typed readers for environment variables: a value that cannot be used is an error that names its remedy."""

import os
from pathlib import Path
from urllib.parse import urlsplit

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


def seconds(name: str, default: float) -> float:
    value = text(name, str(default))
    try:
        result = float(value)
    except ValueError:
        result = 0
    if not 0 < result < float("inf"):
        raise ImproperlyConfigured(f"{name}={value!r} is not a number of seconds above 0.")
    return result


def choice(name: str, default: str, options: list[str]) -> str:
    value = text(name, default)
    if value not in options:
        raise ImproperlyConfigured(f"{name}={value!r} is unknown: use one of {', '.join(options)}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def require_redis_address(value: str) -> None:
    """Nothing, or an address that the channel layer and Celery both understand."""
    try:
        url = urlsplit(value)
        is_usable = url.scheme in {"redis", "rediss"} and bool(url.hostname) and url.port != 0
        is_usable &= url.path in {"", "/"} or url.path[1:].isdecimal()
    except ValueError:
        is_usable = False
    if value and not is_usable:
        raise ImproperlyConfigured("REDIS_URL is not understood: write redis://:PASSWORD@HOST:6379/0.")


def text_or_file(name: str, path: Path) -> str:
    """The variable, else the content of the file that `manage.py live` keeps, else nothing."""
    if value := text(name, ""):
        return value
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ImproperlyConfigured(
            f"{path} cannot be read ({error.strerror}): run as its owner, or set {name}."
        ) from error
