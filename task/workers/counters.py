"""What this pool process has counted and not yet told: steps, their time, lost hints.

No address of a worker can be asked for metrics, so each slice adds its counts to the worker's row, where every web
process finds them. What cannot be written now goes with the next slice; a killed process loses the counts of one.
"""

from dataclasses import dataclass

from realtime import metrics
from task.workers import registry


@dataclass(slots=True)
class Tally:
    steps: int = 0
    step_seconds: float = 0.0
    hints_told: int = 0

    def step(self, seconds: float) -> None:
        """Note a step, the seconds being those of its transaction."""
        self.steps += 1
        self.step_seconds += seconds

    def tell(self, worker: str) -> None:
        """Add it all to the worker's row. Nobody waits for this, and it raises nothing."""
        lost = metrics.counted.hints_lost
        if not (self.steps or lost > self.hints_told):
            return
        if registry.add(worker, steps=self.steps, step_seconds=self.step_seconds, hints_lost=lost - self.hints_told):
            self.steps, self.step_seconds, self.hints_told = 0, 0.0, lost


tally = Tally()
