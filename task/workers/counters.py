"""Counters of this pool process: steps, their duration, lost hints.

A worker has no address to scrape metrics from. So each slice adds its counts to the worker's row in the database, where
every web process reads them. A failed write is repeated by the next slice; a killed process loses one slice's counts.
"""

from dataclasses import dataclass

from realtime import metrics
from task.workers import registry


@dataclass(slots=True)
class Counters:
    steps: int = 0
    step_seconds: float = 0.0
    hints_flushed: int = 0

    def add_step(self, seconds: float) -> None:
        """Counts a step whose transaction took that long."""
        self.steps += 1
        self.step_seconds += seconds

    def flush(self, worker: str) -> None:
        """Adds the counts to this worker's row. Waits 0.1 s at most and raises nothing."""
        lost = metrics.counted.hints_lost
        new_hints = lost - self.hints_flushed
        if not self.steps and new_hints <= 0:
            return
        if registry.add_counts(worker, steps=self.steps, step_seconds=self.step_seconds, hints_lost=new_hints):
            self.steps, self.step_seconds, self.hints_flushed = 0, 0.0, lost


counters = Counters()
