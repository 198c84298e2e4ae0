"""Job events: appended to the feed under the job's key, in the caller's transaction."""

import datetime
from collections.abc import Sequence

from realtime.outbox import append, append_last
from task import events
from task.models import Job


def job_event(job: Job, what: str = "") -> str:
    """Returns the text of `job.<what>`; by default of the job's state."""
    return events.job_changed(what or job.state, job_id=job.pk, total=job.total, created=job.created, error=job.error)


def publish(job: Job, texts: Sequence[str], *, at: datetime.datetime) -> None:
    """Appends the event texts."""
    append(events.FEED, texts, key=str(job.pk), clock=lambda: at)


def publish_last(job: Job, texts: Sequence[str], *, at: datetime.datetime) -> None:
    """Appends the event texts, if any, as the last statement of a step. Locks the feed until commit."""
    if texts:
        append_last(events.FEED, texts, key=str(job.pk), clock=lambda: at)


def not_before(job: Job, now: datetime.datetime) -> datetime.datetime:
    """Returns the time to record for a change of the job now: `now`, or just after its latest recorded time.

    Otherwise a clock that was set back could end a job before its start.
    """
    ends = (job.finished_at, job.removal_began_at, job.removed_at)
    latest = max(at for at in (job.created_at, job.started_at, job.stepped_at, *ends) if at)
    return now if now >= latest else latest + datetime.timedelta.resolution
