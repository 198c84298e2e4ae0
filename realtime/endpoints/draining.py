"""Sends the watchers of a process that is about to stop to another one: sockets by a close code, polls by an answer.

Sockets are told one after another: all at once they would all knock at the processes that stay in the same moment.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from realtime.endpoints.stay import CancelScope
from realtime.protocol import CloseCode, Disconnect

LONGEST_PAUSE_SECONDS = 0.01

Leave = Callable[[], None]


class Drain:
    """Used in one event loop only. Whoever comes to watch when it is under way is told at once."""

    def __init__(self) -> None:
        self._is_under_way = False
        self._sockets: dict[Leave, None] = {}
        self._polls: dict[Leave, None] = {}

    @contextmanager
    def staying(self, stay: CancelScope) -> Iterator[None]:
        """For a socket: its stay is ended with GOING_AWAY, once it is its turn to leave."""
        with self._told(
            self._sockets, partial(stay.end, Disconnect(CloseCode.GOING_AWAY, "This process is about to stop."))
        ):
            yield

    @contextmanager
    def cutting_short(self, limit: asyncio.Timeout) -> Iterator[None]:
        """For a poll: its time is over at the departure."""
        with self._told(self._polls, partial(_end_now, limit)):
            yield

    def begin(self, *, within_seconds: float) -> None:
        """Tell the polls now, and the sockets one by one: at least 100 a second, and all within that time."""
        self._is_under_way = True
        loop = asyncio.get_running_loop()
        for leave in list(self._polls):
            leave()
        pause = min(within_seconds / (len(self._sockets) or 1), LONGEST_PAUSE_SECONDS)
        for place, leave in enumerate(list(self._sockets)):
            loop.call_later(place * pause, leave)

    @contextmanager
    def _told(self, watchers: dict[Leave, None], leave: Leave) -> Iterator[None]:
        watchers[leave] = None
        try:
            if self._is_under_way:
                leave()
            yield
        finally:
            del watchers[leave]


departure = Drain()


def _end_now(limit: asyncio.Timeout) -> None:
    """One that is over, or has just been, cannot be moved: its watcher leaves by itself."""
    with suppress(RuntimeError):
        limit.reschedule(asyncio.get_running_loop().time())
