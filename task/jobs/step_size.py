"""Adapts the number of accounts a step makes or removes to the speed of the machine. Pure."""

from dataclasses import dataclass

STEP_SECONDS = 0.05
LARGEST_SIZE = 2_500
MOST_GROWTH = 4  # 2 made 500 accounts in three steps, 3 ms later


@dataclass(slots=True)
class StepSize:
    """The size of the next step: as many accounts as take 50 ms, at most 2,500, and half to four times the last.

    Each step has a fixed cost. On SQLite 500 at a time cost 1.4 times as much an account as 2,500, and with a rest of
    26 ms after each step two jobs made no more than 10 k accounts/s. So the size never falls below `least`: if so few
    take over 50 ms, the database is slow or far away, and smaller steps would be no quicker.
    """

    size: int
    least: int = 1

    def adapt(self, seconds: float) -> None:
        """Sets the next size from the duration of the last step."""
        factor = max(0.5, STEP_SECONDS / max(seconds, STEP_SECONDS / MOST_GROWTH))
        self.size = max(self.least, min(LARGEST_SIZE, int(self.size * factor)))
