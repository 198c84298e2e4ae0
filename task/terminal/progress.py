"""Progress of one job, counted from its events: how many accounts, how fast, how long, and how it ended."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from task.terminal import text
from task.terminal.command_line import command_line

WINDOW_SECONDS = 3.0
SAMPLE_SECONDS = 0.1


class Rate:
    """The growth of a number per second over the last 3 s, from at most one sample every 0.1 s.

    Falls while nothing comes, unlike rich's own rate. Callers pass the time.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def note(self, number: int, at: float) -> None:
        if len(self._samples) > 1 and at - self._samples[-2][0] < SAMPLE_SECONDS:
            self._samples.pop()
        self._samples.append((at, number))
        while len(self._samples) > 2 and self._samples[1][0] <= at - WINDOW_SECONDS:
            self._samples.popleft()

    def per_second(self, at: float) -> float:
        """0 until there are two samples."""
        if len(self._samples) < 2:
            return 0.0
        began_at, began = self._samples[0]
        return (self._samples[-1][1] - began) / max(at - began_at, SAMPLE_SECONDS)


class Progress:
    """`done` of `total` accounts. In words, `waiting` is why there is none yet, and `stall` why no more come now. `end`
    is the event that ended it.
    """

    ends: ClassVar[frozenset[str]]
    good_end: ClassVar[str]

    def __init__(self, job: int, total: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.job = job
        self.total = total
        self.done = 0
        self.waiting = ""
        self.stall = ""
        self.end: Mapping[str, Any] | None = None
        self._rate = Rate()
        self._clock = clock
        self._began_at = clock()

    def take(self, event: Mapping[str, Any]) -> None:
        self.done = self.done_after(event)
        self.waiting = self.stall = ""
        if event["type"] in self.ends:
            self.end = event

    def done_after(self, event: Mapping[str, Any]) -> int:
        raise NotImplementedError

    def note(self) -> None:
        """Adds a sample to the rate. Call it once a batch."""
        self._rate.note(self.done, self._clock())

    @property
    def ended_well(self) -> bool:
        return self.end is not None and self.end["type"] == self.good_end

    @property
    def per_second(self) -> float:
        return self._rate.per_second(self._clock())

    @property
    def seconds_left(self) -> float | None:
        rate = self.per_second
        return (self.total - self.done) / rate if rate >= 0.01 and self.end is None and not self.stall else None

    @property
    def seconds(self) -> float:
        return self._clock() - self._began_at

    @property
    def percent(self) -> int:
        return self.done * 100 // self.total if self.total else 100


class Making(Progress):
    """Creation of accounts. Events carry the account's number, so the greatest number is the count."""

    ends = frozenset({"job.finished", "job.failed", "job.cancelled"})
    good_end = "job.finished"

    def done_after(self, event: Mapping[str, Any]) -> int:
        if event["type"] == "user.created":
            return max(self.done, int(event["number"]))
        return max(self.done, int(event.get("created", 0)))

    def how_to_continue(self, offset: int) -> str:
        return (
            f"Job {self.job} continues in the background.\n"
            f"Follow it: {command_line('watch', '--job', self.job, '--after', offset)}\n"
            f"Cancel it: {command_line('cancel', self.job)}"
        )


class Removing(Progress):
    """Removal of accounts. Events carry no number, but each account has exactly one, so they are counted."""

    ends = frozenset({"job.removed", "job.failed"})
    good_end = "job.removed"

    def done_after(self, event: Mapping[str, Any]) -> int:
        done = self.done + int(event["type"] == "user.removed")
        self.total = max(self.total, done)
        return done

    def how_to_continue(self, offset: int) -> str:
        return (
            f"The removal of job {self.job} continues in the background.\n"
            f"Follow it: {command_line('remove', self.job, '--follow')}"
        )


def line(progress: Progress) -> str:
    """All figures in one line, for a log."""
    figures = [
        f"{text.grouped(progress.done)} of {text.accounts(progress.total)}",
        f"{progress.percent} %",
        f"{text.grouped(progress.per_second)} per second",
        text.left(progress.seconds_left),
    ]
    return f"Job {progress.job}: {', '.join(filter(None, figures))}"
