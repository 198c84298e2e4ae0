"""The chart of a job: accounts per second over time, in at most 100 buckets, as an SVG path. Pure.

static/task/js/state/timeline.js continues it in the same way.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

BUCKETS = 100
SHORTEST_MS = 250  # A step takes 50 to 100 ms. Shorter buckets would show the steps, not the speed.
PEAK_BUCKETS = 2
WIDTH, HEIGHT = 600, 100


@dataclass(frozen=True, slots=True)
class Timeline:
    """`counts` of accounts in buckets of `width_ms`, from `start_ms` on."""

    start_ms: int
    width_ms: int
    counts: list[int]

    @property
    def peak(self) -> int | None:
        """The most accounts per second in any bucket, or None while there is only one bucket."""
        return max(self.counts) * 1_000 // self.width_ms if len(self.counts) >= PEAK_BUCKETS else None

    @property
    def span_ms(self) -> int:
        """The length in whole buckets, or 0 before the first account."""
        return len(self.counts) * self.width_ms if any(self.counts) else 0

    @property
    def path(self) -> str:
        """The filled area, as the path of an SVG of WIDTH x HEIGHT."""
        most, count = max(self.counts) or 1, len(self.counts)
        steps = [
            f"V{HEIGHT - round(number * HEIGHT / most)}H{(index + 1) * WIDTH // count}"
            for index, number in enumerate(self.counts)
        ]
        return f"M0 {HEIGHT}{''.join(steps)}V{HEIGHT}Z"


def timeline_of(moments: Iterable[tuple[datetime, int]], *, start: datetime) -> Timeline:
    """Doubles the width of a bucket, from 0.25 s on, until at most 100 buckets hold all moments."""
    start_ms = round(start.timestamp() * 1_000)
    found = [(max(start_ms, round(moment.timestamp() * 1_000)), number) for moment, number in moments]
    span_ms = max((time for time, _ in found), default=start_ms) - start_ms
    width_ms = SHORTEST_MS
    while span_ms >= BUCKETS * width_ms:
        width_ms *= 2
    counts = [0] * (span_ms // width_ms + 1)
    for time, number in found:
        counts[(time - start_ms) // width_ms] += number
    return Timeline(start_ms, width_ms, counts)
