"""Puts what happens to a job on the feed, under the job's key, in the caller's transaction; and when it happens."""

import datetime
from collections.abc import Sequence

from realtime.log import append
from task import events
from task.models import Job


def job_event(job: Job, what: str = "") -> str:
    """The text of `job.<what>`, by default of the job's state."""
    return events.job_changed(what or job.state, job_id=job.pk, total=job.total, created=job.created, error=job.error)


def publish(job: Job, texts: Sequence[str], *, at: datetime.datetime) -> None:
    """Append the texts; the feed stays locked until the caller's commit."""
    if texts:
        append(events.FEED, texts, key=str(job.pk), clock=lambda: at)


def not_before(job: Job, now: datetime.datetime) -> datetime.datetime:
    """When what happens to the job now is said to happen: never before what has happened to it, whose clock ever wrote
    that. A clock that went back would else end a job before its beginning.
    """
    ends = (job.finished_at, job.removal_began_at, job.removed_at)
    latest = max(at for at in (job.created_at, job.started_at, job.stepped_at, *ends) if at)
    return now if now >= latest else latest + datetime.timedelta.resolution
