"""The access watch: checks the access of open connections again after a hint that it may have changed.

A hint may be lost, so sockets also check every ACCESS_CHECK_SECONDS.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from realtime import hints
from realtime.endpoints.draining import CancelScope

REST_SECONDS = 1.0
CHECKS_AT_ONCE = 4  # one after the other, 400 sockets took 9 s on a busy machine

Check = Callable[[], Awaitable[object]]


@dataclass(eq=False, slots=True)
class Connection:
    """An open connection: `check` raises if its user may no longer watch, and `scope` then ends it."""

    user_key: str
    check: Check
    scope: CancelScope


class AccessWatch:
    """The connections of one event loop.

    Checks those that a hint names, four at a time, then rests for a second. So a storm of hints keeps four threads busy
    at most, and checks each connection once a second at most.
    """

    def __init__(self) -> None:
        self.changes = 0
        self.connections: dict[Connection, None] = {}
        self._due: dict[Connection, None] = {}
        self._is_due = asyncio.Event()
        # Their own context: the log fields of the first connection must not be on their lines.
        self._tasks = [asyncio.create_task(work, context=Context()) for work in (self._listen(), self._check_due())]

    def require_checks(self, connections: Iterable[Connection]) -> None:
        self._due |= dict.fromkeys(connections)
        if self._due:
            self._is_due.set()

    async def _listen(self) -> None:
        """Checks all connections once at the start, because hints before it were missed."""
        await hints.listen(hints.ACCESS_GROUP, self._handle_hint, partial(self._handle_change, None))

    def _handle_hint(self, message: dict[str, Any]) -> None:
        if message["type"] == hints.ACCESS_CHANGED:
            self._handle_change(message["user"])

    def _handle_change(self, user_key: str | None) -> None:
        self.changes += 1
        self.require_checks(one for one in self.connections if user_key in (None, one.user_key))

    async def _check_due(self) -> None:
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            due, self._due = iter(self._due), {}
            await asyncio.gather(*(self._check_each(due) for _ in range(CHECKS_AT_ONCE)))
            await asyncio.sleep(REST_SECONDS)

    async def _check_each(self, due: Iterator[Connection]) -> None:
        for connection in due:
            if connection in self.connections:
                try:
                    await connection.check()
                except Exception as error:
                    connection.scope.cancel(error)


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, AccessWatch] = WeakKeyDictionary()


def changes() -> int:
    """Returns a number that grows with each hint. Read it before the first check of a connection."""
    watch = _watches.get(asyncio.get_running_loop())
    return watch.changes if watch else 0


@contextmanager
def watching(user_key: Hashable, check: Check, scope: CancelScope, *, since: int) -> Iterator[None]:
    """Cancels the scope with the error of `check` if a hint makes it due during the block, or made it since `changes`.

    The first call of an event loop starts its watch.
    """
    watch = _watch_of(asyncio.get_running_loop())
    connection = Connection(str(user_key), check, scope)
    watch.connections[connection] = None
    if watch.changes != since:
        watch.require_checks([connection])
    try:
        yield
    finally:
        del watch.connections[connection]


def _watch_of(loop: asyncio.AbstractEventLoop) -> AccessWatch:
    if loop not in _watches:
        _watches[loop] = AccessWatch()
    return _watches[loop]
