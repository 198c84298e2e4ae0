"""The limit of connections that a user holds to this process: sockets, and HTTP answers that may take long.

Each web process counts alone, so with k processes a user may hold k times SOCKETS_MAX. The limit protects a process's
memory and event loop, for which no shared count is needed.
"""

import asyncio
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import Any

from django.conf import settings

from realtime.protocol import CloseCode, Disconnect

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
