"""The limits of a user's connections to this process: how many are held, and how often a socket is opened.

Sockets count as held, and HTTP answers that may take long, until they are sent. Each web process counts alone, so with
k processes a user may hold k times SOCKETS_MAX. The limits protect a process's memory and event loop, for which no
shared count is needed.
"""

import asyncio
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import Any

from django.conf import settings

from realtime.endpoints.flow_control import RateLimit
from realtime.protocol import CloseCode, Disconnect

OPENED_AT_ONCE = 4  # times SOCKETS_MAX: all sockets of a user may reconnect, and again after a failed attempt
REFILL_SECONDS = 5  # for another SOCKETS_MAX

_connections: Counter[Hashable] = Counter()
_lock = Lock()


@contextmanager
def hold_connection(user_key: Hashable) -> Iterator[None]:
    """Counts a connection of the user for the block. Raises Disconnect with TOO_MANY at SOCKETS_MAX connections."""
    with _lock:
        if connections_of(user_key) >= settings.SOCKETS_MAX:
            raise Disconnect(
                CloseCode.TOO_MANY, f"You may hold at most {settings.SOCKETS_MAX} connections: close one first."
            )
        _connections[user_key] += 1
    try:
        yield
    finally:
        with _lock:
            _connections[user_key] -= 1
            if not _connections[user_key]:
                del _connections[user_key]


class OpeningLimit:
    """The rate at which sockets are opened with one token or session, valid or not.

    Counted before the token or session is looked up, because the lookup is most of the cost of a socket.
    """

    def __init__(self) -> None:
        self._rates: dict[Hashable, RateLimit] = {}
        self._swept_at = 0.0

    def take(self, credential: Hashable, now: float) -> None:
        """Counts a socket. Raises Disconnect with TRY_AGAIN beyond the rate, so that clients wait longer each time."""
        if now - self._swept_at > 1:
            self._rates = {key: rate for key, rate in self._rates.items() if not rate.is_full(now)}
            self._swept_at = now
        if credential not in self._rates:
            self._rates[credential] = RateLimit(
                OPENED_AT_ONCE * settings.SOCKETS_MAX,
                settings.SOCKETS_MAX / REFILL_SECONDS,
                code=CloseCode.TRY_AGAIN,
                reason="You connect too often: wait longer before each new attempt.",
            )
        self._rates[credential].take(now)


opening_limit = OpeningLimit()


def hold_connection_until_sent(user_key: Hashable) -> None:
    """Counts a connection of the user until the current task ends. Raises Disconnect as `hold_connection` does.

    For an asynchronous view: Django sends its answer in the same task, and cancels the task if the client leaves.
    """
    task: Any = asyncio.current_task()
    held = ExitStack()
    held.enter_context(hold_connection(user_key))
    task.add_done_callback(lambda _: held.close())


def connections_of(user_key: Hashable) -> int:
    """Returns the connections that the user holds in this process."""
    return _connections.get(user_key, 0)


def total() -> int:
    """Returns the connections that all users hold in this process."""
    return sum(_connections.values())
