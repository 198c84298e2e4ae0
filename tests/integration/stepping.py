"""Short ways to bring a job into a state, without a worker: the hand's work, done here."""

from random import Random
from typing import Any
from uuid import UUID

from task import accounts, generation, removal, slices, steering
from task.generation import start_job
from task.models import Job


def queued(total: int = 60, **values: Any) -> tuple[Job, UUID]:
    """A job that waits, and the id of its hand."""
    job = start_job(total=total, **values).job
    return job, job.hands.get().task_id


def step(job: Job, task_id: UUID, size: int) -> Job | None:
    candidates = accounts.prepare(job, size, Random())
    return generation.step(job_id=job.pk, task_id=task_id, candidates=candidates)


def running(made: int = 25, total: int = 60) -> tuple[Job, UUID]:
    """A job that has made some of its accounts, and the id of its hand."""
    job, task_id = queued(total)
    step(job, task_id, made)
    return now(job), task_id


def finished(total: int = 60, **values: Any) -> Job:
    job, task_id = queued(total, **values)
    slices.work(job_id=job.pk, task_id=task_id)
    return now(job)


def failed(made: int = 25, total: int = 60) -> Job:
    job, _ = running(made, total)
    generation.fail(job_id=job.pk, error="It was told to.")
    return now(job)


def cancelled(made: int = 25, total: int = 60) -> Job:
    return steering.cancel(job_id=running(made, total)[0].pk).job


def removing(total: int = 60) -> tuple[Job, UUID]:
    """A finished job whose removal has begun, and the id of its hand."""
    job = steering.remove(job_id=finished(total).pk).job
    return job, job.hands.get().task_id


def remove_all(job: Job) -> Job:
    """Begin the removal, and work until it is over."""
    steering.remove(job_id=job.pk)
    slices.work(job_id=job.pk, task_id=job.hands.get().task_id)
    return now(job)


def remove_some(job: Job, task_id: UUID, size: int) -> Job | None:
    return removal.step(job_id=job.pk, task_id=task_id, size=size)


def now(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)
