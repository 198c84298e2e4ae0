"""The doors for Celery: a task only finds its arguments and makes one domain call."""

import os
from typing import Any
from uuid import UUID

from celery import shared_task

from task import slices, upkeep
from task.generation import start_job
from task.hands import FIRST_SIZE


@shared_task(bind=True, autoretry_for=slices.TRANSIENT, retry_backoff=True, retry_backoff_max=60, max_retries=None)
def create_random_user_accounts(
    self: Any, total: int | None = None, *, job: int | None = None, size: int = FIRST_SIZE
) -> str:
    """With `total`, make a job of its own, one however often this message comes; with `job`, be a hand of that job.

    A database that is away when the job is to be made is tried again, by the same message.
    """
    task_id = UUID(self.request.id)
    if job is None:
        job = start_job(total=total or 0, request_id=task_id, task_id=task_id).job.pk
    return slices.work(job_id=job, task_id=task_id, size=size)


@shared_task(bind=True)
def rescue_jobs(self: Any) -> int:
    processes = int(os.environ.get("ARRIVALS_POOL_PROCESSES", "1"))
    return upkeep.rescue(worker=self.request.hostname or "", processes=processes)
