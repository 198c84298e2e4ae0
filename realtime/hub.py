"""The hub: a process's one subscription to a feed, with a ring of its newest batches that all watchers share.

Guarantees that `head` reaches the log's head within HEAD_CHECK_SECONDS, whatever the channel layer loses, and at once
when it loses nothing. Only the hub listens to the channel layer, so sockets open and stay while Redis is away.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.conf import settings

from realtime import hints, log
from realtime.protocol import Batch, Cursor

RING_BYTES = 16 * 1024 * 1024
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
        hubs[feed].start()
    return hubs[feed]


class Hub:
    def __init__(self, feed: str) -> None:
        self.feed = feed
        self.news = asyncio.Event()
        self.is_hearing = False
        self._cursor: Cursor | None = None
        self._ring: deque[Batch] = deque()
        self._ring_bytes = 0
        self._watchers = 0
        self._behind = asyncio.Event()
        self._woken_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._check())]

    @property
    def head(self) -> int:
        return self._cursor.offset if self._cursor else 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        self._watchers += 1
        try:
            yield
        finally:
            self._watchers -= 1

    def since(self, cursor: Cursor) -> list[Batch] | None:
        """The batches after the cursor, oldest first; None when the ring does not reach back so far: read the log.

        Take `news` before you call this, and wait for it when the list is empty.
        """
        if self._cursor is None:
            return []
        if cursor.epoch != self._cursor.epoch:
            return None
        if cursor.offset >= self.head:
            return []
        if not self._ring or self._ring[0].first > cursor.offset + 1:
            return None
        newer: list[Batch] = []
        for batch in reversed(self._ring):
            if batch.last <= cursor.offset:
                break
            newer.append(batch)
        return newer[::-1]

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
        if message["type"] != "feed.appended" or self._cursor is None:
            return
        epoch, batches = hints.parse(message)
        if epoch != self._cursor.epoch:
            self._behind.set()
            return
        for batch in batches:
            self._take(batch)

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
            try:
                async with asyncio.timeout(settings.HEAD_CHECK_SECONDS):
                    await self._behind.wait()
            except TimeoutError:
                pass

    async def _catch_up(self) -> None:
        """Take from the log what no hint has brought."""
        if self._cursor is None:
            self._move((await read_head(self.feed)).cursor)
            return
        try:
            while batches := (await read_log(self.feed, self._cursor))[0]:
                for batch in batches:
                    self._take(batch)
        except log.CursorLost:
            self._move((await read_head(self.feed)).cursor)

    # The ring

    def _take(self, batch: Batch) -> None:
        """Add the batch if it comes next; one that comes early means that another was lost."""
        if self._cursor is None or batch.last <= self.head:
            return
        if batch.first > self.head + 1:
            self._behind.set()
            return
        self._cursor = Cursor(self._cursor.epoch, batch.last)
        self._ring.append(batch)
        self._ring_bytes += len(batch.frame)
        while self._ring_bytes > RING_BYTES:
            self._ring_bytes -= len(self._ring.popleft().frame)
        self._announce()

    def _move(self, cursor: Cursor) -> None:
        """Start anew at the cursor, with an empty ring: every watcher asks the log, which knows what to say."""
        self._cursor = cursor
        self._ring.clear()
        self._ring_bytes = 0
        self._announce()

    def _announce(self) -> None:
        """Wake the watchers: at once when idle, else once a window.

        The window grows with what a round costs (0.1 ms a watcher, 0.1 s at most): at 1,000 watchers it more than
        halves daphne's work, at one it costs nothing.
        """
        if self._timer:
            return
        loop = asyncio.get_running_loop()
        due = self._woken_at + min(WINDOW_SECONDS, self._watchers * WINDOW_SECONDS_A_WATCHER)
        if loop.time() >= due:
            self._wake()
        else:
            self._timer = loop.call_at(due, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._woken_at = asyncio.get_running_loop().time()
        # One Event a generation: a shared Future would be cancelled by the first watcher that leaves.
        self.news.set()
        self.news = asyncio.Event()
