"""How many connections a person holds open to this process: sockets, and requests that wait for events.

Counted in each web process for itself, so k of them together give a person k times SOCKETS_MAX: the limit guards a
process's memory and event loop, and needs no other machine to be asked.
"""

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from threading import Lock

from django.conf import settings

from realtime.protocol import CloseCode, Disconnect

_taken: Counter[Hashable] = Counter()
_lock = Lock()


@contextmanager
def seat(person: Hashable) -> Iterator[None]:
    """Hold one of the seats of this person, a user's key; Disconnect with TOO_MANY when all of them are taken."""
    _take(person)
    try:
        yield
    finally:
        _leave(person)


def taken(person: Hashable) -> int:
    return _taken.get(person, 0)


def held() -> int:
    """All that are taken in this process, of whomever."""
    return sum(_taken.values())


def _take(person: Hashable) -> None:
    with _lock:
        if taken(person) >= settings.SOCKETS_MAX:
            raise Disconnect(
                CloseCode.TOO_MANY, f"You have {settings.SOCKETS_MAX} connections, which is the most: close one."
            )
        _taken[person] += 1


def _leave(person: Hashable) -> None:
    """A person without a connection leaves nothing behind."""
    with _lock:
        _taken[person] -= 1
        if not _taken[person]:
            del _taken[person]
