"""A slice: works on one lane for about two seconds, step by step, then requeues the lane."""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection

from realtime import log_context
from task.accounts import insert, passwords
from task.accounts.insert import Candidate
from task.database.errors import UNAVAILABLE
from task.database.sqlite_turns import turn
from task.jobs import fair_share, leases, removal
from task.jobs.actions import fail
from task.jobs.step import step
from task.jobs.step_size import StepSize
from task.models import Job, Lane
from task.workers import shutdown
from task.workers.counters import counters

SLICE_SECONDS = 2.0
LEAST_SIZE = 100
PAUSES_SECONDS = (0.05, 0.2, 0.8, 2.0)
REPEAT_SECONDS = 5.0  # no retry after a 20 s lock wait: Celery's 30 s soft limit refunds no attempt
STALE = "Ignored a stale message for job {}."

logger = logging.getLogger(__name__)


def work(*, job_id: int, task_id: UUID, size: int = leases.FIRST_SIZE, seconds: float = SLICE_SECONDS) -> str:
    """Works for a slice, on the lane of this message or one whose turn is first; returns the progress as text.

    Requeues the lane if it is not done. Safe to repeat and to run concurrently. Database errors are retried for some
    seconds, then left to rescue. Any other error fails the job.
    """
    until = time.monotonic() + seconds
    try:
        lane = fair_share.claim(job_id=job_id, task_id=task_id, size=size)
    except Exception as error:
        return _end_for(error, job_id=job_id, task_id=task_id)
    if lane is None:
        return STALE.format(job_id)
    if lane.task_id == task_id:
        return _work_or_end(lane, size, until)
    with log_context.only(job=lane.job_id, task=str(lane.task_id)):  # not the message's job, request and task
        return _work_or_end(lane, leases.FIRST_SIZE, until)


def _work_or_end(lane: Lane, size: int, until: float) -> str:
    job_id, task_id = lane.job_id, lane.task_id
    try:
        return _work(lane, size, until)
    except Exception as error:
        return _end_for(error, job_id=job_id, task_id=task_id)


def _end_for(error: Exception, *, job_id: int, task_id: UUID) -> str:
    """Leaves the job to the rescue after a database error or the time limit, and fails it after any other error."""
    if isinstance(error, UNAVAILABLE):
        connection.close()
        logger.warning("Job %s was interrupted and continues later: %r", job_id, error)
        with suppress(*UNAVAILABLE):
            leases.refund_attempt(job_id=job_id, task_id=task_id)
    elif isinstance(error, SoftTimeLimitExceeded):
        connection.close()
        logger.warning("Job %s took too long for a step and continues later", job_id)
    else:
        logger.error("Job %s failed", job_id, exc_info=error)
        reason = f"{type(error).__name__} in the worker; its log says more."
        fail(job_id=job_id, task_id=task_id, error=reason)
        return f"Job {job_id} failed."
    return f"Job {job_id} was interrupted and continues later."


def _work(lane: Lane, size: int, until: float) -> str:
    job_id, task_id = lane.job_id, lane.task_id
    if leases.is_worn_out(lane):
        return f"Job {job_id} waits for the next rescue."
    if lane.job.state in Job.ACTIVE and lane.job.key_fingerprint != passwords.fingerprint(settings.SECRET_KEY):
        reason = "This worker has another SECRET_KEY than the process that took the job."
        fail(job_id=job_id, task_id=task_id, error=reason)
        return f"Job {job_id} failed: another SECRET_KEY."
    step_size, began = _first_step_size(lane.job, size), time.monotonic()
    while after := _step(lane, step_size):
        lane = after
        if lane.is_done or lane.job.state not in Job.AT_WORK:
            return _progress(lane.job)
        now = time.monotonic()
        if now + (now - began) > until or shutdown.is_requested():  # another such step would end after the slice
            leases.requeue(job_id=job_id, task_id=task_id, size=step_size.size)
            return _progress(lane.job)
        began = now
    return STALE.format(job_id)


def _first_step_size(job: Job, size: int) -> StepSize:
    if job.state != Job.State.REMOVING and job.options.needs_stretching:
        return StepSize(1)  # the first account appears after one hash, not after a hundred
    return StepSize(max(size, LEAST_SIZE), least=LEAST_SIZE)  # without a floor an undo shrank to 3 accounts a second


def _step(lane: Lane, step_size: StepSize) -> Lane | None:
    """Prepares a step outside any lock and commits it; returns the lane after it, or None for a stale message.

    Retries with backoff over a lock, a deadlock or a database restart.
    """
    began = time.monotonic()
    is_removal = lane.job.state == Job.State.REMOVING
    candidates = [] if is_removal else insert.prepare_candidates(lane, min(step_size.size, lane.share - lane.made))
    prepared_at = time.monotonic()
    hashing_seconds = prepared_at - began if lane.job.options.needs_stretching else 0
    for pause in PAUSES_SECONDS:
        try:
            return _commit(lane, candidates, step_size, hashing_seconds)
        except UNAVAILABLE as error:
            if time.monotonic() > prepared_at + REPEAT_SECONDS:
                raise
            logger.info("Repeating a step of job %s: %r", lane.job_id, error)
            connection.close()
            time.sleep(pause)
    return _commit(lane, candidates, step_size, hashing_seconds)


def _commit(lane: Lane, candidates: Sequence[Candidate], step_size: StepSize, hashing_seconds: float) -> Lane | None:
    """Runs the step's transaction in turn, and adapts the step size to its duration.

    The duration leaves out the wait for the turn; with it, the steps of two lanes shrank to nothing.
    """
    is_removal = lane.job.state == Job.State.REMOVING
    with turn(always_rests=is_removal):  # a removal works under the lock: without a rest a page's write waited 2.3 s
        began = time.monotonic()
        if is_removal:
            after = removal.step(job_id=lane.job_id, task_id=lane.task_id, size=step_size.size)
        else:
            after = step(job_id=lane.job_id, task_id=lane.task_id, candidates=candidates, first=lane.tried)
        seconds = time.monotonic() - began
    counters.add_step(seconds)
    step_size.adapt(hashing_seconds + seconds)
    return after


def _progress(job: Job) -> str:
    match job.state:
        case Job.State.FINISHED:
            return f"{job.total} random users created with success!"
        case Job.State.REMOVED:
            return f"Job {job.pk}: its accounts are removed."
        case Job.State.REMOVING:
            return f"Job {job.pk}: {job.removed_through} of {job.created} accounts checked so far."
        case _:
            return f"{job.created} of {job.total} random users created so far."
