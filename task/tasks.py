"""The doors for Celery: a task only finds its arguments and makes one domain call."""

import logging
import os
from typing import Any

from celery import shared_task

from task.jobs import messages, rescue, slices
from task.jobs.leases import FIRST_SIZE
from task.jobs.step import RequestIdReused, UnusableTotal, start_job

BY_BEAT = "celery_beat_task"  # the header by which Celery marks what its beat sends

logger = logging.getLogger(__name__)


@shared_task(bind=True, autoretry_for=slices.TRANSIENT, retry_backoff=True, retry_backoff_max=60, max_retries=None)
def create_random_user_accounts(
    self: Any, /, total: Any = None, *, job: Any = None, size: Any = FIRST_SIZE, **_: Any
) -> str:
    """With `total`, make a job of its own, one however often this message comes; with `job`, be a lane of that job.

    A database that is away when the job is to be made is tried again, by the same message. What a later version says
    beside that is passed over.
    """
    task_id = messages.task_id_of(self.request.id)
    try:
        if job is None:
            job = start_job(total=total or 0, request_id=task_id, task_id=task_id).job.pk
        size = messages.size_of(size, otherwise=FIRST_SIZE, largest=slices.LARGEST_SIZE)
        return slices.work(job_id=messages.job_of(job), task_id=task_id, size=size)
    except (messages.Unreadable, UnusableTotal, RequestIdReused) as error:
        logger.warning("A message of the queue is left out: %s", error)
        return str(error)


@shared_task(bind=True)
def rescue_jobs(self: Any) -> int:
    """Sent by beat, and by each worker that starts: only the first is a sign that beat lives."""
    processes = int(os.environ.get("ARRIVALS_POOL_PROCESSES", "1"))
    is_beats = BY_BEAT in (self.request.headers or {})
    return rescue.rescue(worker=self.request.hostname or "", processes=processes, is_beats=is_beats)
