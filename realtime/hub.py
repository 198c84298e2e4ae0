"""The hub: a process's one subscription to a feed, with a ring of its newest batches that all watchers share.

Guarantees that its head reaches the log's head within HEAD_CHECK_SECONDS, whatever the channel layer loses, and at once
when it loses nothing. Only the hub listens to the channel layer, so sockets open and stay while Redis is away.
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

from realtime import hints, log
from realtime.protocol import Batch, Cursor
from realtime.ring import Ring

RETRY_SECONDS = 1.0
WINDOW_SECONDS = 0.1
WINDOW_SECONDS_A_WATCHER = 0.0001

logger = logging.getLogger(__name__)
read_head = database_sync_to_async(log.head, thread_sensitive=False)
read_log = database_sync_to_async(log.read, thread_sensitive=False)

_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, "Hub"]] = WeakKeyDictionary()


def hub_of(feed: str) -> "Hub":
    """This event loop's hub of the feed: made and started by its first watcher, kept until the loop ends."""
    hubs = _hubs.setdefault(asyncio.get_running_loop(), {})
    if feed not in hubs:
        hubs[feed] = Hub(feed)
    return hubs[feed]


def hubs() -> list["Hub"]:
    """Those of this event loop."""
    return list(_hubs.get(asyncio.get_running_loop(), {}).values())


class Hub:
    """`life` counts how often the hub had to start anew: a watcher from before asks the log whether it may go on."""

    def __init__(self, feed: str) -> None:
        self.feed = feed
        self.restarts = 0
        self.is_hearing = False
        self.notifier = Notifier()
        self._epoch: UUID | None = None
        self._ring = Ring(0)
        self._behind = asyncio.Event()
        # In a context of their own: their log lines are not those of the watcher that happened to come first.
        self._tasks = [asyncio.create_task(work(), context=Context()) for work in (self._listen, self._check)]

    @property
    def head(self) -> int:
        return self._ring.head

    def since(self, cursor: Cursor) -> list[Batch] | None:
        """The batches after the cursor, oldest first; None when the ring cannot tell: read the log.

        Take `notifier.changed` before you call this, and wait for it when the list is empty.
        """
        if self._epoch is None:
            return []
        if cursor.epoch != self._epoch:
            self._behind.set()
            return None
        return self._ring.since(cursor.offset)

    # The task that hears hints

    async def _listen(self) -> None:
        """Hear every hint for as long as the loop lives.

        `receive` is never cancelled before: a cancelled one makes the pub/sub layer unsubscribe and lose messages (70
        of 400 in a trial), so no timeout stands around it.
        """
        channel = await self._subscribe()
        self.is_hearing = True
        while True:
            try:
                self._hear(await hints.layer().receive(channel))
            except Exception:
                logger.exception("A hint that cannot be read is left out")

    async def _subscribe(self) -> str:
        """The name of a channel that hears this feed's group; waits as long as Redis is away."""
        layer = hints.layer()
        while True:
            try:
                # A probe first: new_channel() that fails would leave its queue behind in the layer.
                await layer.group_send(hints.group_of(self.feed), {"type": "feed.probe"})
                channel = await layer.new_channel()
                await layer.group_add(hints.group_of(self.feed), channel)
            except Exception as error:
                logger.warning("No channel layer; events come by the head check until it is back: %r", error)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return channel

    def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] != "feed.appended" or self._epoch is None:
            return
        epoch, batches = hints.parse(message)
        if epoch == self._epoch:
            self._take(batches)
        else:
            self._behind.set()

    # The task that asks the log

    async def _check(self) -> None:
        while True:
            self._behind.clear()
            try:
                await self._catch_up()
            except Exception as error:
                logger.warning("The log cannot be read; trying again: %r", error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(settings.HEAD_CHECK_SECONDS):
                    await self._behind.wait()

    async def _catch_up(self) -> None:
        """Take from the log what no hint has brought."""
        if self._epoch is None:
            await self._start_anew()
            return
        try:
            while batches := (await read_log(self.feed, Cursor(self._epoch, self.head)))[0]:
                self._take(batches)
        except log.CursorLost:
            await self._start_anew()

    async def _start_anew(self) -> None:
        position = await read_head(self.feed)
        self.restarts += 1
        self._epoch = position.epoch
        self._ring = Ring(position.head)
        self.notifier.notify()

    def _take(self, batches: list[Batch]) -> None:
        """Add what comes next; a batch that comes early means that another was lost."""
        before = self.head
        if not all(self._ring.take(batch) for batch in batches):
            self._behind.set()
        if self.head > before:
            self.notifier.notify()


class Notifier:
    """Wakes all watchers: at once when idle, else once a window.

    The window grows with what a round costs (0.1 ms a watcher, 0.1 s at most): at 1,000 watchers it more than halves
    daphne's work, at one it costs nothing.
    """

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self._watchers = 0
        self._rang_at = 0.0
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
        due = self._rang_at + min(WINDOW_SECONDS, self._watchers * WINDOW_SECONDS_A_WATCHER)
        if loop.time() >= due:
            self._notify_now()
        else:
            self._timer = loop.call_at(due, self._notify_now)

    def _notify_now(self) -> None:
        self._timer = None
        self._rang_at = asyncio.get_running_loop().time()
        # One Event a generation: a shared Future would be cancelled by the first watcher that leaves.
        self.changed.set()
        self.changed = asyncio.Event()
