"""A model of a job in plain Python. test_job_model.py compares the real jobs with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

ACTIVE = {"queued", "running"}
AT_WORK = {*ACTIVE, "removing"}


@dataclass
class ModelLane:
    share: int
    made: int = 0
    tried: int = 0


@dataclass
class ModelJob:
    """`events`: the types of its events on the feed, in order."""

    total: int
    lanes: dict[int, ModelLane]
    state: str = "queued"
    created: int = 0
    removed_through: int = 0
    is_removal: bool = False
    events: list[str] = field(default_factory=lambda: ["job.queued"])

    def enter(self, state: str) -> None:
        self.state = state
        self.events.append(f"job.{state}")

    def make(self, lane: int, first: int, names: Sequence[str], taken: set[str]) -> None:
        """Takes a step of a lane: uses as many names as the lane lacks, and skips taken ones."""
        own = self.lanes[lane]
        if own.tried != first:
            return
        if self.state == "queued":
            self.state = "running"
            self.events.append("job.started")
        used = names[: own.share - own.made]
        new = [name for name in used if name not in taken]
        taken.update(new)
        own.tried += len(used)
        own.made += len(new)
        self.created += len(new)
        self.events += ["user.created"] * len(new)
        if own.made == own.share:
            del self.lanes[lane]
        if self.created == self.total:
            self.enter("finished")

    def remove_some(self, size: int) -> None:
        """Takes a step of a removal. Removes all accounts, because none is in use."""
        through = min(self.removed_through + size, self.created)
        self.events += ["user.removed"] * (through - self.removed_through)
        self.removed_through = through
        if through == self.created:
            self.lanes = {}
            self.enter("removed")

    def cancel(self) -> bool:
        """Returns whether the action is allowed, as `retry` and `remove` do."""
        if self.state in ACTIVE:
            self.lanes = {}
            self.enter("cancelled")
        return self.state == "cancelled"

    def retry(self) -> bool:
        if self.state == "failed" and not self.is_removal:
            self.enter("queued")
        return self.state in ACTIVE

    def remove(self) -> bool:
        if self.state in {"finished", "failed", "cancelled"}:
            self.is_removal, self.lanes = True, {0: ModelLane(0)}
            self.enter("removing")
        return self.state in {"removing", "removed"}

    def fail(self) -> None:
        if self.state in AT_WORK:
            self.enter("failed")
