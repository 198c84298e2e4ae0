"""Follows the feed for a terminal, in the looks of a Renderer, until that has ended or somebody interrupts."""

import asyncio
import json
import signal
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from channels.db import database_sync_to_async
from django.core.management.base import OutputWrapper
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from realtime import log
from realtime.follow import follow
from realtime.protocol import Batch, Cursor
from task.events import FEED
from task.models import Job
from task.terminal.progress import Making, Removing
from task.workers import registry

LOOK_SECONDS = 1.0
END_SECONDS = 0.2
END_ATTEMPTS = 25
AWAY = (OperationalError, InterfaceError)
INTERRUPTIONS = (KeyboardInterrupt, asyncio.CancelledError)


class Renderer:
    """What becomes of the events: `take` each batch; `tick` follows a `look` at the database, about once a second."""

    def __init__(self, out: OutputWrapper, err: OutputWrapper, progress: Making | Removing | None = None) -> None:
        self.out = out
        self.err = err
        self.progress = progress
        self.head = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.out.flush()

    @property
    def has_ended(self) -> bool:
        return self.progress is not None and self.progress.end is not None

    def take(self, batch: Batch, after: int) -> None:
        """The batch comes whole: its events up to `after` are known."""
        raise NotImplementedError

    def tick(self) -> None:
        """Nothing, unless the looks have something to renew."""

    def remark(self, sentence: str) -> None:
        self.err.write(sentence, str)

    def look(self) -> None:
        """What no event tells. Runs in a thread, as it asks the database."""
        self.head = log.head(FEED).head
        if self.progress and not self.progress.done:
            self.progress.waiting = _why_waiting(self.progress.job)

    def new_events(self, batch: Batch, after: int) -> list[dict[str, Any]]:
        """Parsed, and counted into the progress."""
        events = [event for event in json.loads(batch.frame)["events"] if event["offset"] > after]
        if self.progress:
            for event in events:
                self.progress.take(event)
            self.progress.note()
        return events


class Following:
    """`cursor` is where it stands, also after it ended: a database that goes away only delays."""

    def __init__(self, show: Renderer, cursor: Cursor, *, key: str | None = None) -> None:
        self.show = show
        self.cursor = cursor
        self._key = key
        self._is_away = False

    def run(self) -> None:
        """Raises one of INTERRUPTIONS for Ctrl-C and SIGTERM, BrokenPipeError, and realtime.log.CursorLost."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        task = asyncio.current_task()
        assert task  # noqa: S101 (for mypy: asyncio.run made it)
        with suppress(RuntimeError):  # outside the main thread there are no signals
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        with self.show:
            tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self.pick_renderer())]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    one.result()
            finally:
                await _end_others()

    async def _follow(self) -> None:
        while not self.show.has_ended:
            try:
                async for batch in follow(FEED, self.cursor, key=self._key):
                    self.show.take(batch, self.cursor.offset)
                    self.cursor = Cursor(self.cursor.epoch, batch.last)
                    if self.show.has_ended:
                        return
            except AWAY as error:
                self._say_away(error)
                await asyncio.sleep(LOOK_SECONDS)

    async def pick_renderer(self) -> None:
        look = database_sync_to_async(self.show.look, thread_sensitive=False)
        while True:
            try:
                await look()
            except AWAY as error:
                self._say_away(error)
            else:
                self._say_back()
                self.show.tick()
            await asyncio.sleep(LOOK_SECONDS)

    def _say_away(self, error: Exception) -> None:
        if not self._is_away:
            self._is_away = True
            reason = str(error).strip().partition("\n")[0]
            self.show.remark(f"The database does not answer ({reason}); trying again, nothing is lost.")

    def _say_back(self) -> None:
        if self._is_away:
            self._is_away = False
            self.show.remark("The database answers again.")


async def _end_others() -> None:
    """asyncio.run would cancel each task once, and wait for ever for one that swallows it.

    One that is connecting to Redis may: some commands hung that were ended just after their start.
    """
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for _ in range(END_ATTEMPTS):
        for one in others:
            one.cancel()
        if others:
            _, others = await asyncio.wait(others, timeout=END_SECONDS)


def _why_waiting(job_id: int) -> str:
    now = timezone.now()
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        return ""
    waits = registry.waiting_reason(job, now)
    if job.state == Job.State.REMOVING and not registry.any_worker_alive(now):
        waits = registry.NONE_RUNNING
    return f"{waits}: start `make run` in another terminal" if waits == registry.NONE_RUNNING else waits
