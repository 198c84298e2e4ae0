"""What a job should be, in plain Python: the model that the machine of test_job_model.py compares the real one with."""

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
    """`events` are the types of its events on the feed, in their order."""

    total: int
    lanes: dict[int, ModelLane]
    state: str = "queued"
    created: int = 0
    looked_at: int = 0
    is_removal: bool = False
    events: list[str] = field(default_factory=lambda: ["job.queued"])

    def enter(self, state: str) -> None:
        self.state = state
        self.events.append(f"job.{state}")

    def make(self, lane: int, first: int, names: Sequence[str], taken: set[str]) -> None:
        """A step of a lane that may work: as many of the names as the lane lacks, without those that are taken."""
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

    def look_at(self, size: int) -> None:
        """A step of a removal: nobody has used an account, so all of them go."""
        through = min(self.looked_at + size, self.created)
        self.events += ["user.removed"] * (through - self.looked_at)
        self.looked_at = through
        if through == self.created:
            self.lanes = {}
            self.enter("removed")

    def cancel(self) -> bool:
        """Whether it can be done; so for the others."""
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
