"""Counters of this process for /metrics: its watchers, their lag, resumes, resets, closes and lost hints.

Plain numbers without a lock, because each process has its own.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from realtime.protocol import RESET_REASONS, CloseCode, Subscription


@dataclass
class Counted:
    """Every series starts at 0, because rate() misses the first event of a series that starts with it."""

    resumes: int = 0
    hints_lost: int = 0
    resets: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(RESET_REASONS, 0)))
    closes: Counter[int] = field(default_factory=lambda: Counter({int(code): 0 for code in CloseCode}))


class Window(Protocol):
    """The part of a socket's window that is measured here."""

    sent_offset: int


class Watcher(NamedTuple):
    feed: str
    key: str | None
    window: Window


counted = Counted()
_watchers: dict[int, Watcher] = {}


@contextmanager
def watching(window: Window) -> Iterator[None]:
    """Removes the watcher when its socket ends. `hello_sent` adds it."""
    try:
        yield
    finally:
        _watchers.pop(id(window), None)


def hello_sent(feed: str, subscription: Subscription, reset_reason: str | None, window: Window) -> None:
    """Adds a watcher, and counts its reset or, if it continues from its own cursor, its resume."""
    _watchers[id(window)] = Watcher(feed, subscription.key, window)
    if reset_reason:
        counted.resets[reset_reason] += 1
    elif subscription.after and subscription.epoch:
        counted.resumes += 1


def watchers(feed: str) -> int:
    return sum(watcher.feed == feed for watcher in _watchers.values())


def lag(feed: str, head: int) -> int:
    """Returns the number of events that the slowest watcher has not been sent yet.

    Skips watchers with a key, because the events that their filter drops do not move their offset.
    """
    sent = [
        watcher.window.sent_offset for watcher in _watchers.values() if watcher.feed == feed and watcher.key is None
    ]
    return max([0, *(head - offset for offset in sent)])
