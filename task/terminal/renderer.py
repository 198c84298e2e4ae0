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
        """Reads from the database what no event carries: the head, and why the job waits. Runs in a thread."""
        self.head = log.position(FEED).head
        if self.progress and not self.progress.done:
            self.progress.waiting = _why_waiting(self.progress.job)

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
    return f"{waits}: start `make run` in another terminal" if waits == registry.NONE_RUNNING else waits
