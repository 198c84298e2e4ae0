"""System checks: what is set up so that it would disappoint later, with what to do."""

import sqlite3
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning, register  # noqa: A004
from django.db import connection

from asgi_config.monitoring.access import is_public

SHORTEST_TOKEN = 20
FIRST_SQLITE_WITHOUT_WAL_BUG = (3, 51, 3)


@register
def redis_is_known(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if settings.REDIS_URL:
        return []
    return [
        Warning(
            f"REDIS_URL is not set and no `manage.py live` is running: trying {settings.REDIS_ADDRESS}.",
            hint="Start `make run` in another terminal, or set REDIS_URL.",
            id="arrivals.W001",
        )
    ]


@register
def settings_agree(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    remarks: list[CheckMessage] = []
    if settings.DEBUG and is_public():
        remarks.append(
            Warning(
                "DEBUG shows settings and data to everyone, and this site has a public name.",
                hint="Unset DEBUG, or leave only localhost in ALLOWED_HOSTS and CSRF_TRUSTED_ORIGINS.",
                id="arrivals.W003",
            )
        )
    if str(settings.CHANNEL_LAYERS["default"]["BACKEND"]).endswith("InMemoryChannelLayer"):
        remarks.append(
            Warning(
                "The channel layer is in memory, so no hint leaves its process, and every event comes late.",
                hint="Leave CHANNEL_LAYERS as it is, and set REDIS_URL.",
                id="arrivals.W005",
            )
        )
    return remarks


@register
def token_is_long(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if not 0 < len(settings.METRICS_TOKEN) < SHORTEST_TOKEN:
        return []
    return [
        Warning(
            f"METRICS_TOKEN has fewer than {SHORTEST_TOKEN} characters, and can be guessed.",
            hint="Make one: python -c 'import secrets; print(secrets.token_urlsafe())'",
            id="arrivals.W013",
        )
    ]


@register
def times_agree(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    remarks: list[CheckMessage] = []
    if settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] <= settings.CELERY_TASK_TIME_LIMIT:
        remarks.append(
            Warning(
                "A message is given to a second worker while the first may still work on it (visibility_timeout).",
                hint="Make it longer than CELERY_TASK_TIME_LIMIT. No account is doubled, but work is done twice.",
                id="arrivals.W008",
            )
        )
    if settings.EVENTS_KEEP < settings.GENERATE_BULK_MAX:
        remarks.append(
            Warning(
                "The log keeps fewer events than one job may have, so a watcher that was cut off has to reload.",
                hint="Set EVENTS_KEEP to GENERATE_BULK_MAX or more.",
                id="arrivals.W009",
            )
        )
    return remarks


@register(deploy=True)
def others_are_sound(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Found only now: redis-py takes 0.2 s to import, and every command loads this module."""
    return list(import_module("asgi_config.checks.deploy").remarks())


@register(deploy=True)
def sqlite_is_sound(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    return remarks_on(connection.vendor, sqlite3.sqlite_version_info)


def remarks_on(vendor: str, sqlite_version: tuple[int, ...]) -> list[CheckMessage]:
    """An Info: with few writers the bug is rare, and hardly a distribution has a newer SQLite."""
    if vendor != "sqlite" or sqlite_version >= FIRST_SQLITE_WITHOUT_WAL_BUG:
        return []
    return [
        Info(
            "This SQLite can, very rarely, damage its file when a write-ahead log starts anew.",
            hint="Use PostgreSQL (DATABASE_URL) for accounts that matter, or SQLite 3.51.3 or newer.",
            id="arrivals.I002",
        )
    ]
