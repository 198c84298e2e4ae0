"""Checks of `manage.py check --deploy` that ask the database and Redis: each in a bounded time, also where they hang.

What cannot be asked is an Info, not silence: nobody should take it for checked.
"""

import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning  # noqa: A004
from django.db import connection
from django.utils import timezone
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError

from task.workers import registry

PATIENCE_SECONDS = 4.0
MOST_SKEW_SECONDS = 2.0
FORBIDDEN = [
    Info(
        "Redis forbids INFO, so its eviction policy and its persistence are not checked.",
        hint="They should be `maxmemory-policy noeviction` and `appendonly yes`. `+info` lets this see them.",
        id="arrivals.I012",
    )
]

T = TypeVar("T")


def remarks() -> list[CheckMessage]:
    return [*remarks_on_the_database(), *remarks_on_the_queue()]


def remarks_on_the_database() -> list[CheckMessage]:
    try:
        skew, names = within(PATIENCE_SECONDS, ask_database)
    except Exception as error:
        return [unasked("The database", error, "Check DATABASE_URL, and run `manage.py migrate`.")]
    return [*remarks_on_clock("the database", skew), *remarks_on_hosts(connection.vendor, names, socket.gethostname())]


def remarks_on_the_queue() -> list[CheckMessage]:
    try:
        skew, info = within(PATIENCE_SECONDS, ask_redis)
    except Exception as error:
        return [unasked("Redis", error, "Check REDIS_URL, and ask again from where the workers run.")]
    return [*remarks_on_clock("Redis", skew), *(FORBIDDEN if info is None else remarks_on_redis(info))]


def within(seconds: float, ask: Callable[[], T]) -> T:
    """In a thread that does not keep the command alive; raises TimeoutError, and what the question raises."""
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return answer.result(seconds)


def ask_database() -> tuple[float, list[str]]:
    """How far its clock is from ours, and the names of the workers that live."""
    try:
        return database_skew(), registry.live_worker_names(timezone.now())
    finally:
        connection.close()


def database_skew() -> float:
    """SQLite has no clock but ours."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        return float(cursor.fetchone()[0]) - timezone.now().timestamp()


def ask_redis() -> tuple[float, Mapping[str, Any] | None]:
    """How far its clock is from ours, and what it says of itself; None where that is forbidden."""
    with Redis.from_url(settings.REDIS_ADDRESS, socket_timeout=2, socket_connect_timeout=2) as redis:
        seconds, microseconds = redis.time()
        skew = seconds + microseconds / 1_000_000 - timezone.now().timestamp()
        try:
            return skew, {**redis.info("memory"), **redis.info("persistence")}
        except NoPermissionError:
            return skew, None


def unasked(what: str, error: Exception, hint: str) -> CheckMessage:
    """The kind of the error only: its text may hold a password."""
    refuses = isinstance(error, AuthenticationError)
    reason = "refuses the password" if refuses else f"does not answer ({type(error).__name__})"
    return Info(f"{what} {reason}, so it is not checked.", hint=hint, id="arrivals.I011")


def remarks_on_clock(whose: str, skew_seconds: float) -> list[CheckMessage]:
    if abs(skew_seconds) <= MOST_SKEW_SECONDS:
        return []
    where = "ahead of" if skew_seconds > 0 else "behind"
    return [
        Warning(
            f"The clock of {whose} is {abs(skew_seconds):.0f} s {where} the one here.",
            hint="Let NTP set all clocks: living workers would seem silent, and tokens and links end at a wrong time.",
            id="arrivals.W010",
        )
    ]


def remarks_on_hosts(vendor: str, names: Sequence[str], here: str) -> list[CheckMessage]:
    """Of living workers, known as NAME@HOST."""
    hosts = {name.rpartition("@")[2] for name in names} - {here}
    if vendor != "sqlite" or not hosts:
        return []
    return [
        Warning(
            f"Workers on other hosts use this SQLite file: {', '.join(sorted(hosts))}.",
            hint="SQLite's locks do not hold across hosts: the file will be damaged. Set DATABASE_URL to PostgreSQL.",
            id="arrivals.W004",
        )
    ]


def remarks_on_redis(info: Mapping[str, Any]) -> list[CheckMessage]:
    remarks: list[CheckMessage] = []
    if (policy := info.get("maxmemory_policy")) != "noeviction":
        remarks.append(
            Warning(
                f"Redis may throw messages of the queue away when memory is short (maxmemory-policy {policy}).",
                hint="Set `maxmemory-policy noeviction`. Until then a job whose message went waits for the rescue.",
                id="arrivals.W006",
            )
        )
    if not info.get("aof_enabled"):
        remarks.append(
            Warning(
                "Redis forgets the queue when it ends (appendonly no).",
                hint="Set `appendonly yes`. Until then queued jobs wait for the rescue after each restart of Redis.",
                id="arrivals.W007",
            )
        )
    return remarks
