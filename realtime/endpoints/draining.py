"""Drain: sends the watchers of a stopping process to other processes, sockets by a close code, polls by an answer.

Sockets close in turn, because all of them at once would reconnect to the other processes in the same moment.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Self

from realtime.protocol import CloseCode, Disconnect

LONGEST_PAUSE_SECONDS = 0.01

Leave = Callable[[], None]


class CancelScope:
    """`async with scope:` raises the reason of the first `cancel`, which may come before the block or during it.

    For one block in one event loop. A block that ends or fails by itself is not affected. Not an asyncio.TaskGroup,
    because that cannot be cancelled before its block starts, and wraps the reason in an ExceptionGroup.
    """

    def __init__(self) -> None:
        self.is_cancelled = False
        self._reason: BaseException | None = None
        self._timeout = asyncio.timeout(None)
        self._is_open = False

    def cancel(self, reason: BaseException) -> None:
        if not self.is_cancelled:
            self.is_cancelled, self._reason = True, reason
            self._interrupt()

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        self._is_open = True
        if self.is_cancelled:
            self._interrupt()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_open = False
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError:
            if self._reason:
                raise self._reason from None
            raise

    def _interrupt(self) -> None:
        """Expires the timeout if it is open. Otherwise reschedule() would fail (AssertionError on Python 3.11.2)."""
        if self._is_open:
            self._timeout.reschedule(0)


class Drain:
    """The watchers of one event loop, and whether they must leave. Watchers that join during a drain leave at once."""

    def __init__(self) -> None:
        self._has_begun = False
        self._sockets: dict[Leave, None] = {}
        self._polls: dict[Leave, None] = {}

    @contextmanager
    def register_socket(self, scope: CancelScope) -> Iterator[None]:
        """Lets a drain cancel the socket's scope with GOING_AWAY, in its turn."""
        reason = Disconnect(CloseCode.GOING_AWAY, "This server process is stopping: connect again.")
        with self._register(self._sockets, partial(scope.cancel, reason)):
            yield

    @contextmanager
    def register_poll(self, timeout: asyncio.Timeout) -> Iterator[None]:
        """Lets a drain expire the poll's timeout."""
        with self._register(self._polls, partial(_expire, timeout)):
            yield

    def begin(self, *, within_seconds: float) -> None:
        """Ends long polls now. Closes sockets in turn: 100 a second or more, all within `within_seconds`."""
        self._has_begun = True
        loop = asyncio.get_running_loop()
        for leave in list(self._polls):
            leave()
        pause = min(within_seconds / (len(self._sockets) or 1), LONGEST_PAUSE_SECONDS)
        for turn, leave in enumerate(list(self._sockets)):
            loop.call_later(turn * pause, leave)

    @contextmanager
    def _register(self, watchers: dict[Leave, None], leave: Leave) -> Iterator[None]:
        watchers[leave] = None
        try:
            if self._has_begun:
                leave()
            yield
        finally:
            del watchers[leave]


drain = Drain()


def _expire(timeout: asyncio.Timeout) -> None:
    # A timeout that has just expired cannot be rescheduled; its poll is ending already.
    with suppress(RuntimeError):
        timeout.reschedule(asyncio.get_running_loop().time())
