"""Celery tasks. Each makes one domain call.

Their arguments may come from another version or a script, so they are checked first.
"""

import logging
import os
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from celery import shared_task

from task.database.errors import UNAVAILABLE
from task.jobs import rescue, slices
from task.jobs.leases import FIRST_SIZE
from task.jobs.start import RequestIdReused, UnusableTotal, start_job
from task.jobs.step_size import LARGEST_SIZE

BY_BEAT = "celery_beat_task"  # the header that Celery's beat adds to its messages
GREATEST_ID = 2**63 - 1

logger = logging.getLogger(__name__)


class UnusableArgument(ValueError):
    """An argument of the message cannot be used; the text says what it must be."""


@shared_task(bind=True, autoretry_for=UNAVAILABLE, retry_backoff=True, retry_backoff_max=60, max_retries=None)
def create_random_user_accounts(
    self: Any, /, total: Any = None, *, job: Any = None, size: Any = FIRST_SIZE, **_: Any
) -> str:
    """With `job`, works on the lane that this message holds. Otherwise starts a job of `total` accounts.

    Idempotent: however often the message is delivered, it starts one job. Ignores unusable messages, and arguments that
    a later version adds. Celery repeats the message while the database is away.
    """
    task_id = task_id_from(self.request.id)
    try:
        if job is None:
            return _start_and_work(total, task_id, size=size_from(size))
        return slices.work(job_id=job_id_from(job), task_id=task_id, size=size_from(size))
    except (UnusableArgument, UnusableTotal, RequestIdReused) as error:
        logger.warning("Ignored a message from the queue: %s", error)
        return str(error)


@shared_task(bind=True)
def rescue_jobs(self: Any) -> int:
    """Rescues stalled lanes. Sent by beat and by each starting worker; only beat's messages show that beat is alive."""
    processes = int(os.environ.get("ARRIVALS_POOL_PROCESSES", "1"))
    is_beats = BY_BEAT in (self.request.headers or {})
    return rescue.rescue(worker=self.request.hostname or "", processes=processes, is_beats=is_beats)


def task_id_from(text: str | None) -> UUID:
    """Returns the same id for each delivery of a message. Callers may choose any text; a direct call has none."""
    if text is None:
        return uuid4()
    try:
        return UUID(text)
    except ValueError:
        return uuid5(NAMESPACE_OID, text)


def job_id_from(job: object) -> int:
    """Raises UnusableArgument unless this can be the id of a job."""
    if type(job) is not int or not 0 < job <= GREATEST_ID:
        raise UnusableArgument(f"job must be the number of a job, not {job!r}.")
    return job


def size_from(size: object) -> int:
    """Returns a usable first step size: anything else than a number costs only speed."""
    return min(max(size, 1), LARGEST_SIZE) if type(size) is int else FIRST_SIZE


def _start_and_work(total: Any, task_id: UUID, *, size: int) -> str:
    """Starts a job whose first lane belongs to this message, and works on that lane."""
    job = start_job(total=total or 0, request_id=task_id, task_id=task_id).job
    return slices.work(job_id=job.pk, task_id=task_id, size=size)
