"""Asks the parts that a web process needs whether they answer, each in a bounded time, however dead it is.

A question that hangs is not asked a second time: whoever asks meanwhile waits for the same one. So a frozen database
costs this process one thread, and strangers that ask in a loop cost the database one question at a time.
"""

import asyncio
import datetime
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone
from redis.asyncio import Redis

from task.workers import registry

NEEDED = ("database", "redis", "worker")
PARTS = (*NEEDED, "beat")  # asked for by name only: no web process is to be taken away because beat is
PATIENCE_SECONDS = 2.0
BEAT_IS_SILENT_AFTER_SECONDS = 60.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """`seconds`: how long it took, or for worker and beat how long ago they gave a sign; no `fault`: all is well."""

    part: str
    fault: str
    seconds: float | None = None

    @property
    def is_well(self) -> bool:
        return not self.fault

    def shown(self) -> dict[str, Any]:
        seconds = None if self.seconds is None else round(self.seconds, 4)
        named = {"worker": "heard_seconds_ago", "beat": "rescued_seconds_ago"}.get(self.part, "seconds")
        return {"ok": self.is_well, named: seconds} | ({"fault": self.fault} if self.fault else {})


class InThread(Generic[T]):
    """A question that blocks, asked in a thread of its own: one at a time, shared by all who ask meanwhile."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._asked: Future[T] | None = None

    async def answer(self, seconds: float = PATIENCE_SECONDS) -> T:
        """Raises TimeoutError, and what the question raises."""
        if self._asked is None or self._asked.done():
            self._asked = Future()
            # A daemon, unlike a pool's: a question that hangs must not keep a stopped process alive.
            threading.Thread(target=self._run, args=(self._asked,), name="probe", daemon=True).start()
        async with asyncio.timeout(seconds):
            return await asyncio.shield(asyncio.wrap_future(self._asked))

    def _run(self, asked: Future[T]) -> None:
        try:
            asked.set_result(self._ask())
        except BaseException as error:
            asked.set_exception(error)


class InLoop(Generic[T]):
    """The same for a question that is bounded by itself and blocks nothing."""

    def __init__(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._ask = ask
        self._asked: asyncio.Task[T] | None = None

    async def answer(self) -> T:
        asked = self._asked
        if asked is None or asked.done() or asked.get_loop() is not asyncio.get_running_loop():
            asked = self._asked = asyncio.create_task(self._ask())
        return await asyncio.shield(asked)


class Found(NamedTuple):
    """How long the database took to answer, and how many seconds ago worker and beat last gave a sign there."""

    seconds: float
    heard: float | None
    rescued: float | None


def ask_database() -> Found:
    close_old_connections()
    try:
        began = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        took, now = time.monotonic() - began, timezone.now()
        return Found(took, _ago(registry.last_heartbeat_at(now), now), _ago(registry.last_rescue_at(now), now))
    finally:
        connection.close()


database = InThread(ask_database)


async def ask(needed: Collection[str]) -> list[Answer]:
    """The needed of PARTS; returns within PATIENCE_SECONDS and a little."""
    questions = [_redis()] if "redis" in needed else []
    if set(needed) - {"redis"}:
        questions.append(_database_and_what_it_knows())
    answers = chain.from_iterable(await asyncio.gather(*questions))
    return sorted((answer for answer in answers if answer.part in needed), key=lambda answer: answer.part)


async def _database_and_what_it_knows() -> list[Answer]:
    try:
        found = await database.answer()
    except Exception as error:
        unknown = "unknown, as the database does not answer"
        return [Answer("database", _fault(error)), Answer("worker", unknown), Answer("beat", unknown)]
    return [Answer("database", "", found.seconds), _worker(found.heard), _beat(found.rescued)]


def _worker(heard: float | None) -> Answer:
    if heard is None:
        return Answer("worker", "none was ever heard from")
    is_well = heard <= registry.SILENT_AFTER.total_seconds()
    return Answer("worker", "" if is_well else "none was heard from lately", heard)


def _beat(rescued: float | None) -> Answer:
    if rescued is None:
        return Answer("beat", "no worker ever did its rescue")
    is_well = rescued <= BEAT_IS_SILENT_AFTER_SECONDS
    return Answer("beat", "" if is_well else "no worker did its rescue lately", rescued)


def _ago(at: datetime.datetime | None, now: datetime.datetime) -> float | None:
    return None if at is None else max(0.0, (now - at).total_seconds())


async def _redis() -> list[Answer]:
    try:
        return [Answer("redis", "", await redis.answer())]
    except Exception as error:
        return [Answer("redis", _fault(error))]


async def ask_redis() -> float:
    """How long Redis took to answer, a new connection included."""
    began = time.monotonic()
    await with_redis(lambda connection: connection.ping())
    return time.monotonic() - began


redis = InLoop(ask_redis)


async def with_redis(ask: Callable[["Redis"], Awaitable[T]]) -> T:
    """What `ask` finds on a connection of its own, within PATIENCE_SECONDS."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with Redis.from_url(settings.REDIS_ADDRESS, socket_timeout=1, socket_connect_timeout=1) as connection:
            return await ask(connection)


def _fault(error: Exception) -> str:
    """The kind only: the text of such an error may hold addresses and names."""
    return "no answer in time" if isinstance(error, TimeoutError) else f"does not answer ({type(error).__name__})"
