"""What the feed has said of one job: how far it is, how fast, and how it ended."""

import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from task.terminal import text
from task.terminal.rate import Rate


class Progress:
    """Of `total` accounts, `done`; `waiting` says in words why there is none yet; `end` is the event that ended it."""

    ends: ClassVar[frozenset[str]]
    good_end: ClassVar[str]

    def __init__(self, job: int, total: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.job = job
        self.total = total
        self.done = 0
        self.waiting = ""
        self.end: Mapping[str, Any] | None = None
        self._rate = Rate()
        self._clock = clock
        self._began_at = clock()

    def take(self, event: Mapping[str, Any]) -> None:
        self.done = self.done_after(event)
        self.waiting = ""
        if event["type"] in self.ends:
            self.end = event

    def done_after(self, event: Mapping[str, Any]) -> int:
        raise NotImplementedError

    def note(self) -> None:
        """Once a batch, for the rate."""
        self._rate.note(self.done, self._clock())

    @property
    def ended_well(self) -> bool:
        return self.end is not None and self.end["type"] == self.good_end

    @property
    def a_second(self) -> float:
        return self._rate.a_second(self._clock())

    @property
    def seconds_left(self) -> float | None:
        rate = self.a_second
        return (self.total - self.done) / rate if rate >= 0.01 and self.end is None else None

    @property
    def seconds(self) -> float:
        return self._clock() - self._began_at

    @property
    def percent(self) -> int:
        return self.done * 100 // self.total if self.total else 100


class Making(Progress):
    """Accounts come: the events bear their numbers, and the greatest counts."""

    ends = frozenset({"job.finished", "job.failed", "job.cancelled"})
    good_end = "job.finished"

    def done_after(self, event: Mapping[str, Any]) -> int:
        if event["type"] == "user.created":
            return max(self.done, int(event["number"]))
        return max(self.done, int(event.get("created", 0)))

    def goes_on(self, offset: int) -> str:
        return (
            f"Job {self.job} goes on without you. Follow it again: manage.py watch --job {self.job} --after {offset}. "
            f"Stop it: manage.py cancel {self.job}."
        )


class Removing(Progress):
    """Accounts go: their events bear no number, but each of them comes once."""

    ends = frozenset({"job.removed", "job.failed"})
    good_end = "job.removed"

    def done_after(self, event: Mapping[str, Any]) -> int:
        done = self.done + int(event["type"] == "user.removed")
        self.total = max(self.total, done)
        return done

    def goes_on(self, offset: int) -> str:
        return (
            f"The removal of job {self.job} goes on without you. Follow it again: manage.py remove {self.job} --follow."
        )


def line(progress: Progress) -> str:
    """All figures in one line of a log."""
    figures = [
        f"{text.grouped(progress.done)} of {text.accounts(progress.total)}",
        f"{progress.percent} %",
        f"{text.grouped(progress.a_second)} a second",
        text.left(progress.seconds_left),
    ]
    return f"Job {progress.job}: {', '.join(filter(None, figures))}"
