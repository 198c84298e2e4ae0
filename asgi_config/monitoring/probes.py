"""Readiness probes of a web process: the database, Redis, a worker and beat, each in a bounded time.

Concurrent requests share one probe. A frozen database therefore costs this process one thread, and a client that asks
in a loop costs the database one probe at a time.
"""

import asyncio
import datetime
import time
from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import TimeoutError as RedisTimeout
from redis.retry import Retry

from asgi_config.monitoring.single_flight import SingleFlight
from task.database.errors import fault_of
from task.workers import registry

NEEDED = ("database", "redis", "worker")
PARTS = (*NEEDED, "beat")  # beat only by name, because web processes work without it
TIMEOUT_SECONDS = 2.0
BEAT_STALLED_AFTER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """`seconds`: duration of the probe, or for worker and beat the age of their last sign. `fault`: empty if well."""

    part: str
    fault: str
    seconds: float | None = None

    @property
    def is_well(self) -> bool:
        return not self.fault

    def shown(self) -> dict[str, Any]:
        """Returns the part's object in the JSON of /health/ready."""
        seconds = None if self.seconds is None else round(self.seconds, 4)
        named = {"worker": "heard_seconds_ago", "beat": "rescued_seconds_ago"}.get(self.part, "seconds")
        return {"ok": self.is_well, named: seconds} | ({"fault": self.fault} if self.fault else {})


async def probe(needed: Collection[str]) -> list[Answer]:
    """Returns the answers of the needed PARTS, within about TIMEOUT_SECONDS."""
    probes = [_probe_redis()] if "redis" in needed else []
    if set(needed) - {"redis"}:
        probes.append(_probe_database())
    answers = chain.from_iterable(await asyncio.gather(*probes))
    return sorted((answer for answer in answers if answer.part in needed), key=lambda answer: answer.part)


def connect_to_redis() -> Redis:
    """Returns a new client, for use in a `with` block. Each operation fails after 1 s, without a retry."""
    no_retry = Retry(NoBackoff(), 0)
    return Redis.from_url(settings.REDIS_ADDRESS, socket_timeout=1, socket_connect_timeout=1, retry=no_retry)


class DatabaseSigns(NamedTuple):
    """`seconds`: duration of a query. `heard`, `rescued`: seconds since a worker's and beat's last sign, or None."""

    seconds: float
    heard: float | None
    rescued: float | None


def read_database() -> DatabaseSigns:
    close_old_connections()
    try:
        started_at = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        seconds, now = time.monotonic() - started_at, timezone.now()
        return DatabaseSigns(
            seconds, _age(registry.last_heartbeat_at(now), now), _age(registry.last_rescue_at(now), now)
        )
    finally:
        connection.close()


def ping_redis() -> float:
    """Returns the seconds that a ping took on a new connection."""
    started_at = time.monotonic()
    with connect_to_redis() as redis:
        redis.ping()
    return time.monotonic() - started_at


database = SingleFlight(read_database)
redis = SingleFlight(ping_redis)


async def _probe_redis() -> list[Answer]:
    try:
        return [Answer("redis", "", await redis.result(within_seconds=TIMEOUT_SECONDS))]
    except Exception as error:
        return [Answer("redis", _fault(error))]


async def _probe_database() -> list[Answer]:
    """Answers for worker and beat as well, because their signs are in the database."""
    try:
        signs = await database.result(within_seconds=TIMEOUT_SECONDS)
    except Exception as error:
        unknown = "unknown, because the database does not answer"
        return [Answer("database", _fault(error)), Answer("worker", unknown), Answer("beat", unknown)]
    return [Answer("database", "", signs.seconds), _worker(signs.heard), _beat(signs.rescued)]


def _worker(heard: float | None) -> Answer:
    if heard is None:
        return Answer("worker", "no worker has ever started")
    is_well = heard <= registry.SILENT_AFTER.total_seconds()
    return Answer("worker", "" if is_well else "no heartbeat from any worker lately", heard)


def _beat(rescued: float | None) -> Answer:
    if rescued is None:
        return Answer("beat", "no rescue was ever recorded")
    is_well = rescued <= BEAT_STALLED_AFTER_SECONDS
    return Answer("beat", "" if is_well else "no rescue was recorded in the last minute", rescued)


def _age(at: datetime.datetime | None, now: datetime.datetime) -> float | None:
    return None if at is None else max(0.0, (now - at).total_seconds())


def _fault(error: Exception) -> str:
    """Leaves out the error's text, because it may hold addresses and names."""
    is_late = isinstance(error, TimeoutError | RedisTimeout)
    return "no answer in time" if is_late else f"{fault_of(error).phrase} ({type(error).__name__})"
