"""What this process counts: its watchers, how far behind they are, and what went other than it should.

Plain numbers, which whoever serves /metrics reads. Each process has its own, so nothing is shared and nothing waits.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from realtime.endpoints.flow_control import Window
from realtime.protocol import RESET_REASONS, CloseCode, Subscription


@dataclass
class Counted:
    """What never happened yet counts 0: of a series that begins with its first event, rate() misses that."""

    resumes: int = 0
    hints_lost: int = 0
    resets: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(RESET_REASONS, 0)))
    closes: Counter[int] = field(default_factory=lambda: Counter({int(code): 0 for code in CloseCode}))


class Watcher(NamedTuple):
    feed: str
    key: str | None
    window: Window


counted = Counted()
_watchers: dict[int, Watcher] = {}


@contextmanager
def watching(window: Window) -> Iterator[None]:
    """For as long as a socket is served; it counts as a watcher from its greeting on."""
    try:
        yield
    finally:
        _watchers.pop(id(window), None)


def greeted(feed: str, ask: Subscription, reason: str | None, window: Window) -> None:
    """Whoever came with a cursor goes on from there, or is reset for the reason."""
    _watchers[id(window)] = Watcher(feed, ask.key, window)
    if reason:
        counted.resets[reason] += 1
    elif ask.after and ask.epoch:
        counted.resumes += 1


def watchers(feed: str) -> int:
    return sum(one.feed == feed for one in _watchers.values())


def lag(feed: str, head: int) -> int:
    """How many events the last of the watchers has not been sent yet.

    Without those that keep to one key: what they pass over is not sent, so their offset says nothing.
    """
    sent = [one.window.sent_offset for one in _watchers.values() if one.feed == feed and one.key is None]
    return max([0, *(head - offset for offset in sent)])
