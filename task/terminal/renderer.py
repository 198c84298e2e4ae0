"""The interface of everything that shows events in a terminal or a pipe."""

import json
from types import TracebackType
from typing import Any, Self

from django.core.management.base import OutputWrapper
from django.utils import timezone

from realtime import log
from realtime.protocol import Batch
from task.events import FEED
from task.models import Job
from task.terminal.progress import Making, Removing
from task.workers import registry


class Renderer:
    """Shows the events of a feed. With a `progress` it shows one job, and ends with it.

    `task.terminal.follow` calls `take` for each batch, and about once a second `refresh`, then `tick`.
    """

    def __init__(self, out: OutputWrapper, err: OutputWrapper, progress: Making | Removing | None = None) -> None:
        self.out = out
        self.err = err
        self.progress = progress
        self.head = 0
        self._is_stalled = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.out.flush()

    @property
    def has_ended(self) -> bool:
        return self.progress is not None and self.progress.end is not None

    def take(self, batch: Batch, after: int) -> None:
        """Shows the batch's events above the offset `after`; the others were shown before."""
        raise NotImplementedError

    def tick(self) -> None:
        """Redraws what `refresh` may have changed. Does nothing by default."""

    def remark(self, sentence: str) -> None:
        self.err.write(sentence, str)

    def refresh(self) -> None:
        """Reads what no event carries from the database: the head, why the job waits or stalls. Runs in a thread."""
        self.head = log.position(FEED).head
        if self.progress:
            self.progress.waiting = "" if self.progress.done else _why_waiting(self.progress.job)
            self.progress.stall = "" if self.progress.waiting else _why_stalled(self.progress.job)

    def remark_stall(self) -> None:
        """Remarks once that the job stands still, and once that it continues."""
        stall = self.progress.stall if self.progress else ""
        if self.progress and bool(stall) != self._is_stalled:
            self._is_stalled = bool(stall)
            job = self.progress.job
            self.remark(f"Job {job} stands still: {stall}." if stall else f"Job {job} continues.")

    def new_events(self, batch: Batch, after: int) -> list[dict[str, Any]]:
        """Returns the batch's events above `after`, parsed, and counts them into the progress."""
        events = [event for event in json.loads(batch.frame)["events"] if event["offset"] > after]
        if self.progress:
            for event in events:
                self.progress.take(event)
            self.progress.note()
        return events


def _why_waiting(job_id: int) -> str:
    now = timezone.now()
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        return ""
    waits = registry.waiting_reason(job, now)
    if job.state == Job.State.REMOVING and not registry.any_worker_alive(now):
        waits = registry.NONE_RUNNING
    return _with_remedy(waits)


def _why_stalled(job_id: int) -> str:
    job = Job.objects.filter(pk=job_id).first()
    return _with_remedy(registry.stall_reason(job, timezone.now())) if job else ""


def _with_remedy(reason: str) -> str:
    return f"{reason}: start `make run` in another terminal" if reason == registry.NONE_RUNNING else reason
