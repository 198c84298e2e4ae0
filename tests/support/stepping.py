"""Short ways to bring a job into a state without a worker: the lane's work runs in the test."""

import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from realtime import outbox
from task.accounts import insert
from task.events import FEED
from task.jobs import actions, removal, slices
from task.jobs.actions import fail
from task.jobs.start import start_job
from task.jobs.step import step as take_step
from task.models import Act, Job, Lane

LONG_AGO = timezone.now() - datetime.timedelta(hours=1)


def queued(total: int = 60, **values: Any) -> tuple[Job, UUID]:
    """Returns a queued job, and its lane's task id."""
    job = start_job(total=total, **values).job
    outbox.relay(FEED)
    return job, job.lanes.get().task_id


def step(job: Job, task_id: UUID, size: int) -> Job | None:
    """Prepares and takes one step of that lane. Returns None if the task id does not hold the lane."""
    lane = Lane.objects.select_related("job").filter(job=job.pk, task_id=task_id).first()
    if lane is None:
        return None
    after = take(lane, insert.prepare_candidates(lane, size))
    return after.job if after else None


def take(lane: Lane, candidates: list[insert.Candidate]) -> Lane | None:
    return take_step(job_id=lane.job_id, task_id=lane.task_id, candidates=candidates, first=lane.tried)


def running(made: int = 25, total: int = 60) -> tuple[Job, UUID]:
    """Returns a job that has made some of its accounts, and its lane's task id."""
    job, task_id = queued(total)
    step(job, task_id, made)
    return now(job), task_id


def finished(total: int = 60, **values: Any) -> Job:
    job, task_id = queued(total, **values)
    slices.work(job_id=job.pk, task_id=task_id, seconds=60)
    return now(job)


def failed(made: int = 25, total: int = 60) -> Job:
    job, _ = running(made, total)
    fail(job_id=job.pk, error="The test failed it.")
    return now(job)


def cancelled(made: int = 25, total: int = 60) -> Job:
    return actions.cancel(job_id=running(made, total)[0].pk).job


def removing(total: int = 60) -> tuple[Job, UUID]:
    """Returns a finished job whose removal has begun, and its lane's task id."""
    job = actions.remove(job_id=finished(total).pk).job
    return job, job.lanes.get().task_id


def remove_all(job: Job) -> Job:
    """Begins the removal, and works until it is finished."""
    actions.remove(job_id=job.pk)
    slices.work(job_id=job.pk, task_id=job.lanes.get().task_id, seconds=60)
    return now(job)


def remove_some(job: Job, task_id: UUID, size: int) -> Job | None:
    after = removal.step(job_id=job.pk, task_id=task_id, size=size)
    return after.job if after else None


def now(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def age(job: Job) -> None:
    """Sets all requests of the job, and its last step, to a time long ago."""
    mine = Job.objects.filter(pk=job.pk)
    mine.update(created_at=LONG_AGO)
    mine.exclude(stepped_at=None).update(stepped_at=LONG_AGO)
    mine.exclude(removal_began_at=None).update(removal_began_at=LONG_AGO)
    Act.objects.filter(job=job.pk).update(at=LONG_AGO)
