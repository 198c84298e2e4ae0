"""System checks: what is set up so that it would disappoint later, with what to do."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning, register  # noqa: A004
from django.db import connection

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
