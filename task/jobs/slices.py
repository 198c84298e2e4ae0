"""A slice: one lane works on its job for about two seconds, in steps of a size that suits the machine."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from task.accounts import insert, passwords
from task.database.sqlite_turns import turn
from task.jobs import leases, removal
from task.jobs import step as generation
from task.models import Job, Lane
from task.workers import shutdown
from task.workers.counters import counters

SLICE_SECONDS = 2.0
STEP_SECONDS = 0.05
LARGEST_SIZE = 2_500
MOST_GROWTH = 4  # with 2, 500 accounts took three steps, and 3 ms more
LEAST_LIGHT_SIZE = 100
PAUSES_SECONDS = (0.05, 0.2, 0.8, 2.0)
REPEAT_SECONDS = 5.0  # Who waited 20 s for a lock does not wait again: Celery's soft limit, at 30 s, excuses nobody.
TRANSIENT = (OperationalError, InterfaceError)

# Makes ready the next step of a lane, of about that many accounts: what it returns is one transaction.
Step = Callable[[Lane, int], Callable[[], Lane | None]]

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Pace:
    """How many accounts a step makes or removes: as many as take 50 ms, 2,500 at most, and half to four times the last.

    A step has a price of its own: on SQLite 500 at a time cost 1.4 times as much an account as 2,500, and with a rest
    of 26 ms after each step two jobs made no more than 10 k accounts/s. So it never goes below `least`: where so few
    take over 50 ms, it is the database that is slow or far away, and fewer would be no quicker.
    """

    size: int
    least: int = 1

    def learn(self, seconds: float) -> None:
        factor = max(0.5, STEP_SECONDS / max(seconds, STEP_SECONDS / MOST_GROWTH))
        self.size = max(self.least, min(LARGEST_SIZE, int(self.size * factor)))


def work(*, job_id: int, task_id: UUID, size: int = leases.FIRST_SIZE, seconds: float = SLICE_SECONDS) -> str:
    """Work on the job for a slice, lane over if it is not done, and say how far it is.

    Safe to repeat and to run many times at once. Errors that may pass are repeated, and in the end left to the
    rescue; any other fails the job with its reason.
    """
    try:
        return _work(job_id, task_id, Pace(size), time.monotonic() + seconds)
    except TRANSIENT as error:
        connection.close()
        logger.warning("Job %s is interrupted and goes on later: %r", job_id, error)
        with suppress(*TRANSIENT):
            leases.refund_attempt(job_id=job_id, task_id=task_id)
        return f"Job {job_id} is interrupted and goes on later."
    except SoftTimeLimitExceeded:
        connection.close()
        logger.warning("Job %s took too long for a step and goes on later", job_id)
        return f"Job {job_id} is interrupted and goes on later."
    except Exception as error:
        logger.exception("Job %s fails", job_id)
        reason = f"{type(error).__name__} in the worker; its log says more."
        generation.fail(job_id=job_id, task_id=task_id, error=reason)
        return f"Job {job_id} failed."


def give_up(lane: Lane) -> None:
    """Fail the job of a lane that ends each time before it makes a step."""
    generation.fail(
        job_id=lane.job_id,
        task_id=lane.task_id,
        error=f"Its worker was started {leases.MOST_ATTEMPTS} times in a row without making a step; "
        "the worker's log says why.",
    )


def _work(job_id: int, task_id: UUID, pace: Pace, until: float) -> str:
    lane = leases.claim(job_id=job_id, task_id=task_id)
    if lane is None:
        return f"Job {job_id} is not this message's to work on."
    if leases.is_worn_out(lane):
        return f"Job {job_id} rests until the rescue."
    if lane.job.state == Job.State.REMOVING:
        return _steps(lane, pace, until, _removal)
    if lane.job.key_fingerprint != passwords.fingerprint(settings.SECRET_KEY):
        reason = "This worker has another SECRET_KEY than the process that took the job."
        generation.fail(job_id=job_id, task_id=task_id, error=reason)
        return f"Job {job_id} failed: another SECRET_KEY."
    if lane.job.options.needs_stretching:
        pace = Pace(1)  # the first account after one hash, not after a hundred
    else:
        pace = Pace(max(pace.size, LEAST_LIGHT_SIZE), least=LEAST_LIGHT_SIZE)
    return _steps(lane, pace, until, _generation)


def _generation(lane: Lane, size: int) -> Callable[[], Lane | None]:
    candidates = insert.prepare_candidates(lane, min(size, lane.share - lane.made))
    return partial(generation.step, job_id=lane.job_id, task_id=lane.task_id, candidates=candidates, first=lane.tried)


def _removal(lane: Lane, size: int) -> Callable[[], Lane | None]:
    return partial(removal.step, job_id=lane.job_id, task_id=lane.task_id, size=size)


def _steps(lane: Lane, pace: Pace, until: float, prepare: Step) -> str:
    while True:
        began = time.monotonic()
        step = prepare(lane, pace.size)
        prepared = time.monotonic() - began
        before_seconds = prepared if lane.job.options.needs_stretching else 0
        after = _persist(lane.job_id, partial(_paced, lane.job, step, pace, before_seconds))
        if after is None:
            return f"Job {lane.job_id} is not this message's to work on."
        lane = after
        if lane.is_done or lane.job.state not in Job.AT_WORK:
            return _said(lane.job)
        now = time.monotonic()
        if now + (now - began) > until or shutdown.is_requested():  # another such step would be over the time
            leases.requeue(job_id=lane.job_id, task_id=lane.task_id, size=pace.size)
            return _said(lane.job)


def _paced(job: Job, step: Callable[[], Lane | None], pace: Pace, before_seconds: float) -> Lane | None:
    """One step, in turn. The pace learns from the work alone: with the wait for the turn, two lanes shrank to nothing.

    What a removal does, it does under the lock: without a rest it leaves no gap, and a page's write waited 2.3 s.
    """
    with turn(always_rests=job.state == Job.State.REMOVING):
        began = time.monotonic()
        after = step()
        took = time.monotonic() - began
    counters.add_step(took)
    pace.learn(before_seconds + took)
    return after


def _persist(job_id: int, step: Callable[[], Lane | None]) -> Lane | None:
    """One step, repeated with backoff, for some seconds, over a lock, a deadlock or a restarted database."""
    began = time.monotonic()
    for pause in PAUSES_SECONDS:
        try:
            return step()
        except TRANSIENT as error:
            if time.monotonic() > began + REPEAT_SECONDS:
                raise
            logger.info("A step of job %s is repeated: %r", job_id, error)
            connection.close()
            time.sleep(pause)
    return step()


def _said(job: Job) -> str:
    match job.state:
        case Job.State.FINISHED:
            return f"{job.total} random users created with success!"
        case Job.State.REMOVED:
            return f"Job {job.pk}: its accounts are removed."
        case Job.State.REMOVING:
            return f"Job {job.pk}: {job.removed_through} of {job.created} accounts looked at so far."
        case _:
            return f"{job.created} of {job.total} random users created so far."
