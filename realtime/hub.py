"""The hub: a process's single subscription to a feed, and a ring of the newest batches that all watchers share.

Its head reaches the log's head at once, or within HEAD_CHECK_SECONDS if the channel layer loses a hint. Sockets open
and stay open while Redis is down, because only the hub uses the channel layer.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import Context
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.conf import settings

from realtime import hints, log, outbox
from realtime.protocol import Batch, Cursor
from realtime.ring import Ring

RETRY_SECONDS = 1.0
RELAY_AGAIN_SECONDS = 0.02  # another transaction holds the feed: a step, or the relay of another process
MAX_INTERVAL_SECONDS = 0.1
INTERVAL_SECONDS_PER_WATCHER = 0.0001

logger = logging.getLogger(__name__)
read_position = database_sync_to_async(log.position, thread_sensitive=False)
relay = database_sync_to_async(outbox.relay, thread_sensitive=False)
read_log = database_sync_to_async(log.read, thread_sensitive=False)

_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, "Hub"]] = WeakKeyDictionary()


def hub_of(feed: str) -> "Hub":
    """Returns this event loop's hub of the feed. The first call starts it, and it runs until the loop ends."""
    hubs = _hubs.setdefault(asyncio.get_running_loop(), {})
    if feed not in hubs:
        hubs[feed] = Hub(feed)
    return hubs[feed]


def hubs() -> list["Hub"]:
    """Returns the hubs of this event loop."""
    return list(_hubs.get(asyncio.get_running_loop(), {}).values())


class Hub:
    """Follows one feed. When `restarts` has changed, a watcher must validate its cursor with the log."""

    def __init__(self, feed: str) -> None:
        self.feed = feed
        self.restarts = 0
        self.is_subscribed = False
        self.notifier = Notifier()
        self._epoch: UUID | None = None
        self._ring = Ring(0)
        self._behind = asyncio.Event()
        # Their own context: the log fields of the first watcher must not be on their lines.
        self._tasks = [asyncio.create_task(work(), context=Context()) for work in (self._listen, self._check_log)]

    @property
    def head(self) -> int:
        return self._ring.head

    def since(self, cursor: Cursor) -> list[Batch] | None:
        """Returns the batches after the cursor, oldest first, or None if the caller must read the log.

        To wait for more after an empty list, take `notifier.changed` before this call, or a wake-up may be missed. The
        list is empty until the hub has started.
        """
        if self._epoch is None:
            return []
        if cursor.epoch != self._epoch:
            self._behind.set()
            return None
        return self._ring.since(cursor.offset)

    async def _listen(self) -> None:
        await hints.listen(hints.group_of(self.feed), self._handle_hint, self._set_subscribed)

    def _set_subscribed(self) -> None:
        self.is_subscribed = True

    def _handle_hint(self, message: dict[str, Any]) -> None:
        if message["type"] == "feed.waiting":
            self._behind.set()
        if message["type"] != "feed.appended" or self._epoch is None:
            return
        epoch, batches = hints.parse(message)
        if epoch == self._epoch:
            self._add(batches)
        else:
            self._behind.set()

    async def _check_log(self) -> None:
        """Relays the outbox and reads the log: every HEAD_CHECK_SECONDS, and at once when a hint asks for it.

        That is: when entries wait in the outbox, a hint was lost, or the epoch changed.
        """
        while True:
            self._behind.clear()
            try:
                await self._catch_up()
            except Exception as error:
                logger.warning("Cannot read the event log; retrying: %r", error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(settings.HEAD_CHECK_SECONDS):
                    await self._behind.wait()

    async def _catch_up(self) -> None:
        if not await relay(self.feed):
            asyncio.get_running_loop().call_later(RELAY_AGAIN_SECONDS, self._behind.set)
        if self._epoch is None:
            await self._restart()
            return
        try:
            while batches := (await read_log(self.feed, Cursor(self._epoch, self.head)))[0]:
                self._add(batches)
        except log.CursorLost:
            await self._restart()

    async def _restart(self) -> None:
        position = await read_position(self.feed)
        self.restarts += 1
        self._epoch = position.epoch
        self._ring = Ring(position.head)
        self.notifier.notify()

    def _add(self, batches: list[Batch]) -> None:
        """Adds the batches to the ring, and wakes the watchers or, if a batch before them was lost, the log check."""
        before = self.head
        if not all(self._ring.add(batch) for batch in batches):
            self._behind.set()
        if self.head > before:
            self.notifier.notify()


class Notifier:
    """Wakes all watchers: at once when idle, else once an interval.

    The interval grows with the cost of a round: 0.1 ms a watcher, 0.1 s at most. With 1,000 watchers it more than
    halves daphne's work; with one it costs nothing.
    """

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self._watchers = 0
        self._notified_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        self._watchers += 1
        try:
            yield
        finally:
            self._watchers -= 1

    def notify(self) -> None:
        if self._timer:
            return
        loop = asyncio.get_running_loop()
        due = self._notified_at + min(MAX_INTERVAL_SECONDS, self._watchers * INTERVAL_SECONDS_PER_WATCHER)
        if loop.time() >= due:
            self._notify_now()
        else:
            self._timer = loop.call_at(due, self._notify_now)

    def _notify_now(self) -> None:
        self._timer = None
        self._notified_at = asyncio.get_running_loop().time()
        # A new Event each time. Not a shared Future, because the first watcher that leaves would cancel it.
        self.changed.set()
        self.changed = asyncio.Event()
