"""How fast a number grows. Pure: who calls passes the time."""

from collections import deque

WINDOW_SECONDS = 3.0
SAMPLE_SECONDS = 0.1


class Rate:
    """Of the last three seconds, from at most one sample in a tenth of a second."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def note(self, number: int, at: float) -> None:
        if len(self._samples) > 1 and at - self._samples[-2][0] < SAMPLE_SECONDS:
            self._samples.pop()
        self._samples.append((at, number))
        while len(self._samples) > 2 and self._samples[1][0] <= at - WINDOW_SECONDS:
            self._samples.popleft()

    def a_second(self, at: float) -> float:
        """0 until there is something to compare; falls while nothing comes."""
        if len(self._samples) < 2:
            return 0.0
        began_at, began = self._samples[0]
        return (self._samples[-1][1] - began) / max(at - began_at, SAMPLE_SECONDS)
