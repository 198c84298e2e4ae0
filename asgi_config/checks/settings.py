"""System checks of the settings, with a remedy each. The checks of `check --deploy` that connect are in deploy.py."""

import shlex
import sqlite3
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning, register  # noqa: A004
from django.db import connection

from asgi_config.monitoring.access import is_public

TOKEN_LENGTH_MIN = 20
KEY_SIGNS_MIN = 8
FIRST_SQLITE_WITHOUT_WAL_BUG = (3, 51, 3)


@register
def check_redis_url(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if settings.REDIS_URL:
        return []
    return [
        Warning(
            f"REDIS_URL is not set and no `manage.py live` is running: trying {settings.REDIS_ADDRESS}.",
            hint="Start `make run` in another terminal, or set VAR_DIR or REDIS_URL as where it runs.",
            id="arrivals.W001",
        )
    ]


@register
def check_debug_and_layer(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    if settings.DEBUG and is_public():
        messages.append(
            Warning(
                "DEBUG shows settings and data to every visitor, and this site has a public name.",
                hint="Unset DEBUG, or leave only localhost in ALLOWED_HOSTS and CSRF_TRUSTED_ORIGINS.",
                id="arrivals.W003",
            )
        )
    if str(settings.CHANNEL_LAYERS["default"]["BACKEND"]).endswith("InMemoryChannelLayer"):
        messages.append(
            Warning(
                "The channel layer is in memory, so hints do not reach other processes, and every event is late.",
                hint="Do not change CHANNEL_LAYERS. Set REDIS_URL.",
                id="arrivals.W005",
            )
        )
    return messages


@register
def check_metrics_token(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if not 0 < len(settings.METRICS_TOKEN) < TOKEN_LENGTH_MIN:
        return []
    return [
        Warning(
            f"METRICS_TOKEN has fewer than {TOKEN_LENGTH_MIN} characters and can be guessed.",
            hint="Make one: python3 -c 'import secrets; print(secrets.token_urlsafe())'",
            id="arrivals.W013",
        )
    ]


@register
def check_secret_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The settings refuse short keys. A key of 32 random hexadecimal digits is hardly ever reported: once in 10^7."""
    is_varied = len(set(settings.SECRET_KEY)) >= KEY_SIGNS_MIN
    if settings.DEBUG or (is_varied and not settings.SECRET_KEY.startswith("django-insecure-")):
        return []
    return [
        Warning(
            "SECRET_KEY is not random and can be guessed.",
            hint="Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'",
            id="arrivals.W015",
        )
    ]


@register
def check_database_file(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A file that was restored with `cp`, or made by `migrate`, has the mode that the user's umask gave it."""
    name = str(connection.settings_dict["NAME"])
    file = Path(name)
    if connection.vendor != "sqlite" or not file.is_file() or not is_readable_for_others(file):
        return []
    return [
        Warning(
            f"Other users of this machine can read the database: {file}.",
            hint=f"chmod 600 {shlex.quote(name)}",
            id="arrivals.W016",
        )
    ]


def is_readable_for_others(file: Path) -> bool:
    """Looks at the file and its folder only."""
    return bool(file.stat().st_mode & 0o044 and file.absolute().parent.stat().st_mode & 0o011)


@register
def check_limits(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    if settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] <= settings.CELERY_TASK_TIME_LIMIT:
        messages.append(
            Warning(
                "A message may be redelivered while its task still runs (visibility_timeout).",
                hint="Make it longer than CELERY_TASK_TIME_LIMIT. No account is created twice, but work is done twice.",
                id="arrivals.W008",
            )
        )
    if settings.EVENTS_KEEP < settings.GENERATE_BULK_MAX:
        messages.append(
            Warning(
                "The log keeps fewer events than one job may create, so a watcher that reconnects may have to reload.",
                hint="Set EVENTS_KEEP to GENERATE_BULK_MAX or more.",
                id="arrivals.W009",
            )
        )
    return messages


@register(deploy=True)
def check_database_and_redis(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Imported here because redis-py takes 0.2 s to import, and every command loads this module."""
    return list(import_module("asgi_config.checks.deploy").check())


@register(deploy=True)
def check_sqlite(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    return check_sqlite_version(connection.vendor, sqlite3.sqlite_version_info)


def check_sqlite_version(vendor: str, version: tuple[int, ...]) -> list[CheckMessage]:
    """Returns an Info, because the bug is rare with few writers, and hardly any distribution has a newer SQLite."""
    if vendor != "sqlite" or version >= FIRST_SQLITE_WITHOUT_WAL_BUG:
        return []
    return [
        Info(
            "In rare cases this SQLite version damages its file when it resets the write-ahead log.",
            hint="Use PostgreSQL (DATABASE_URL) for accounts that matter, or SQLite 3.51.3 or newer.",
            id="arrivals.I002",
        )
    ]
