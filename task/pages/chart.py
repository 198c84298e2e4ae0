"""Accounts a second over the life of a job, in few buckets, and the line that a chart draws of them. Pure.

static/task/js/state/timeline.js goes on with it in the same way.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

BUCKETS = 100
LEAST_MS = 250  # A step takes 50 to 100 ms: shorter stretches would show the steps, not the speed.
TELLING = 2
WIDTH, HEIGHT = 600, 100


@dataclass(frozen=True, slots=True)
class Timeline:
    """`counts` of accounts in stretches of `width_ms` from `start_ms` on."""

    start_ms: int
    width_ms: int
    counts: list[int]

    @property
    def peak(self) -> int | None:
        """The most accounts a second in any stretch; None where the stretches are too few to tell."""
        return max(self.counts) * 1_000 // self.width_ms if len(self.counts) >= TELLING else None

    @property
    def span_ms(self) -> int:
        """How long it is, in whole stretches; 0 while nothing was made."""
        return len(self.counts) * self.width_ms if any(self.counts) else 0

    @property
    def path(self) -> str:
        """The filled steps, for an SVG of WIDTH x HEIGHT."""
        most, count = max(self.counts) or 1, len(self.counts)
        steps = [
            f"V{HEIGHT - round(number * HEIGHT / most)}H{(place + 1) * WIDTH // count}"
            for place, number in enumerate(self.counts)
        ]
        return f"M0 {HEIGHT}{''.join(steps)}V{HEIGHT}Z"


def timeline_of(moments: Iterable[tuple[datetime, int]], *, start: datetime) -> Timeline:
    """Stretches of 0.25 s, or twice as long, and so on, until they are few enough."""
    start_ms = round(start.timestamp() * 1_000)
    found = [(max(start_ms, round(moment.timestamp() * 1_000)), number) for moment, number in moments]
    span_ms = max((time for time, _ in found), default=start_ms) - start_ms
    width_ms = LEAST_MS
    while span_ms >= BUCKETS * width_ms:
        width_ms *= 2
    counts = [0] * (span_ms // width_ms + 1)
    for time, number in found:
        counts[(time - start_ms) // width_ms] += number
    return Timeline(start_ms, width_ms, counts)
