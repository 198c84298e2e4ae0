"""Checks of `manage.py check --deploy` that connect to the database and Redis, in at most TIMEOUT_SECONDS each.

A server that does not answer is an Info rather than silence, because silence would mean that it passed.
"""

import socket
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning  # noqa: A004
from django.db import connection
from django.utils import timezone
from redis import Redis
from redis.exceptions import NoPermissionError

from asgi_config import redis_errors
from asgi_config.monitoring.single_flight import run_in_thread
from task.database.errors import fault_of
from task.workers import registry

TIMEOUT_SECONDS = 4.0
CLOCK_SKEW_SECONDS_MAX = 2.0


def check() -> list[CheckMessage]:
    return [*check_database(), *check_redis()]


def check_database() -> list[CheckMessage]:
    try:
        skew, names = run_in_thread(read_database).result(TIMEOUT_SECONDS)
    except Exception as error:
        return [not_checked("The database", error)]
    return [*check_clock("the database", skew), *check_hosts(connection.vendor, names, socket.gethostname())]


def check_redis() -> list[CheckMessage]:
    try:
        skew, info = run_in_thread(read_redis).result(TIMEOUT_SECONDS)
    except Exception as error:
        reason = redis_errors.describe(error, settings.REDIS_ADDRESS)
        hint = "Check REDIS_URL, and repeat the check where the workers run."
        return [Info(f"{reason} It was not checked.", hint=hint, id="arrivals.I011")]
    return [*check_clock("Redis", skew), *check_redis_info(info)]


def read_database() -> tuple[float, list[str]]:
    """Returns how many seconds the database's clock is ahead, and the names of the live workers."""
    try:
        return database_skew(), registry.live_worker_names(timezone.now())
    finally:
        connection.close()


def database_skew() -> float:
    """Returns 0 for SQLite, which uses this machine's clock."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        return float(cursor.fetchone()[0]) - timezone.now().timestamp()


def read_redis() -> tuple[float, Mapping[str, Any] | None]:
    """Returns how many seconds Redis' clock is ahead, and its INFO, or None without permission for INFO."""
    with Redis.from_url(settings.REDIS_ADDRESS, socket_timeout=2, socket_connect_timeout=2) as redis:
        seconds, microseconds = redis.time()
        skew = seconds + microseconds / 1_000_000 - timezone.now().timestamp()
        try:
            return skew, {**redis.info("memory"), **redis.info("persistence")}
        except NoPermissionError:
            return skew, None


def not_checked(server: str, error: Exception) -> CheckMessage:
    """Leaves out the error's text, because it may hold a password."""
    fault = fault_of(error)
    reason = f"{fault.phrase} ({type(error).__name__})"
    return Info(f"{server} was not checked: {reason}.", hint=fault.remedy, id="arrivals.I011")


def check_clock(owner: str, skew_seconds: float) -> list[CheckMessage]:
    if abs(skew_seconds) <= CLOCK_SKEW_SECONDS_MAX:
        return []
    where = "ahead of" if skew_seconds > 0 else "behind"
    return [
        Warning(
            f"The clock of {owner} is {abs(skew_seconds):.0f} s {where} this machine's.",
            hint="Synchronize all clocks with NTP. Otherwise live workers look dead, and tokens and links expire at "
            "the wrong time.",
            id="arrivals.W010",
        )
    ]


def check_hosts(vendor: str, names: Sequence[str], here: str) -> list[CheckMessage]:
    """`names`: live workers, as NAME@HOST."""
    hosts = {name.rpartition("@")[2] for name in names} - {here}
    if vendor != "sqlite" or not hosts:
        return []
    return [
        Warning(
            f"Workers on other hosts use this SQLite file: {', '.join(sorted(hosts))}.",
            hint="SQLite's locks do not work across hosts: the file will be damaged. Set DATABASE_URL to PostgreSQL.",
            id="arrivals.W004",
        )
    ]


def check_redis_info(info: Mapping[str, Any] | None) -> list[CheckMessage]:
    """`info`: the sections memory and persistence, or None without permission for INFO."""
    if info is None:
        return [
            Info(
                "Redis forbids INFO, so its eviction policy and its persistence were not checked.",
                hint="They should be `maxmemory-policy noeviction` and `appendonly yes`. `+info` permits this check.",
                id="arrivals.I012",
            )
        ]
    messages: list[CheckMessage] = []
    if (policy := info.get("maxmemory_policy")) != "noeviction":
        messages.append(
            Warning(
                f"Redis may delete queued messages when memory is short (maxmemory-policy {policy}).",
                hint="Set `maxmemory-policy noeviction`. Until then, jobs with a deleted message wait for the rescue.",
                id="arrivals.W006",
            )
        )
    if not info.get("aof_enabled"):
        messages.append(
            Warning(
                "Redis loses the queue when it stops (appendonly no).",
                hint="Set `appendonly yes`. Until then queued jobs wait for the rescue after each restart of Redis.",
                id="arrivals.W007",
            )
        )
    return messages
