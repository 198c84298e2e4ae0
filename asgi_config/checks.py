"""System checks: what is set up so that it would disappoint later, with what to do."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Info, Tags, Warning, register  # noqa: A004

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


@register(Tags.database, deploy=True)
def sqlite_is_sound(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """An Info: with few writers the bug is rare, and no Debian has a newer SQLite."""
    is_sqlite = settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
    if not is_sqlite or sqlite3.sqlite_version_info >= FIRST_SQLITE_WITHOUT_WAL_BUG:
        return []
    return [
        Info(
            f"SQLite {sqlite3.sqlite_version} can, very rarely, damage its file when a write-ahead log restarts.",
            hint="Use PostgreSQL (DATABASE_URL) for accounts that matter, or SQLite 3.51.3 or newer.",
            id="arrivals.I002",
        )
    ]
