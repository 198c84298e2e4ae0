"""Actions on a job after its start: cancel, retry, remove its accounts, forget its passwords, fail.

Each is one transaction, and safe to repeat: if the job is in the wanted state already, nothing changes and no event is
published. Lock order: job, lane, user, feed.
"""

import datetime
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from realtime.log import Clock
from task.jobs import audit
from task.jobs.feed import job_event, not_before, publish
from task.jobs.leases import MOST_ATTEMPTS, dispatch, dispatch_all
from task.models import Act, Job, Lane

MOST_EXPIRED = 20


class WrongState(Exception):
    """The job's state does not allow the action; the text says what to do."""


@dataclass(frozen=True, slots=True)
class ActionResult:
    """`is_new`: this call did it; `queue_fault`: why its messages are not in the queue yet, or empty."""

    job: Job
    is_new: bool
    queue_fault: str = ""


def cancel(*, job_id: int, by: Any = None, clock: Clock = timezone.now) -> ActionResult:
    """Ends an active job. No account is made after the commit. Raises Job.DoesNotExist and WrongState."""
    with transaction.atomic(durable=True):
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.state == Job.State.CANCELLED:
            return ActionResult(job, is_new=False)
        if job.state not in Job.ACTIVE:
            raise WrongState(f"Job {job.pk} has ended already: it is {job.state}. There is nothing left to cancel.")
        now = not_before(job, clock())
        job.state, job.finished_at = Job.State.CANCELLED, now
        job.save(update_fields=["state", "finished_at"])
        job.lanes.all().delete()
        audit.note(Act.Kind.CANCELLED, by=by, job=job, at=now, detail=f"at {job.created:,} of {job.total:,}")
        publish(job, [job_event(job)], at=now)
    return ActionResult(job, is_new=True)


def retry(*, job_id: int, by: Any = None, clock: Clock = timezone.now) -> ActionResult:
    """Queues a failed job again; each lane continues where it stopped. Raises Job.DoesNotExist and WrongState."""
    with transaction.atomic(durable=True):
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.state in Job.ACTIVE:
            return ActionResult(job, is_new=False)
        if not job.may_retry:
            raise WrongState(why_no_retry(job))
        seen_at = clock()
        now = not_before(job, seen_at)
        job.state, job.error, job.finished_at = Job.State.QUEUED, "", None
        job.save(update_fields=["state", "error", "finished_at"])
        unsent = _renew_lanes(job, seen_at)
        audit.note(Act.Kind.RETRIED, by=by, job=job, at=now, detail=f"at {job.created:,} of {job.total:,}")
        publish(job, [job_event(job)], at=now)
    return ActionResult(job, is_new=True, queue_fault=dispatch_all(job.pk, unsent))


def remove(
    *, job_id: int, by: Any = None, kind: Act.Kind = Act.Kind.REMOVED, clock: Clock = timezone.now
) -> ActionResult:
    """Starts the removal of an ended job's accounts, except those in use; task.jobs.removal does the work.

    A failed removal continues where it stopped. Raises Job.DoesNotExist and WrongState.
    """
    task_id = uuid4()
    with transaction.atomic(durable=True):
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.state in {Job.State.REMOVING, Job.State.REMOVED}:
            return ActionResult(job, is_new=False)
        require_ended(job)
        seen_at = clock()
        now = not_before(job, seen_at)
        job.state, job.error, job.removal_began_at = Job.State.REMOVING, "", job.removal_began_at or now
        job.save(update_fields=["state", "error", "removal_began_at"])
        job.lanes.all().delete()
        Lane.objects.create(job=job, task_id=task_id, seen_at=seen_at)
        audit.note(kind, by=by, job=job, at=now)
        publish(job, [job_event(job)], at=now)
    return ActionResult(job, is_new=True, queue_fault=dispatch(job.pk, task_id))


def remove_expired(now: datetime.datetime) -> int:
    """Starts the removal of up to 20 ended jobs whose `remove_at` has passed; returns how many it started.

    Stops after the first message that the queue does not take, because each waits 2 s for a frozen queue, and beat's
    task has 30 s in all.
    """
    due = Job.objects.filter(remove_at__lte=now, removal_began_at=None, state__in=Job.REMOVABLE)
    started = 0
    for job_id in list(due.order_by("remove_at").values_list("pk", flat=True)[:MOST_EXPIRED]):
        try:
            result = remove(job_id=job_id, kind=Act.Kind.EXPIRED)
        except WrongState:  # retried since the query
            continue
        started += result.is_new
        if result.queue_fault:
            break
    return started


def forget(*, job_id: int, by: Any = None, clock: Clock = timezone.now) -> ActionResult:
    """Erases the secret from which a job's passwords are derived. They still work but can never be exported again.

    The full-strength hashes stay, because a removal needs them to see whether a password was changed. Raises
    Job.DoesNotExist, and WrongState while the job still derives passwords.
    """
    with transaction.atomic(durable=True):
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.is_forgotten:
            return ActionResult(job, is_new=False)
        if not job.may_forget:
            raise WrongState(why_not_forget(job))
        job.nonce = b""
        job.save(update_fields=["nonce"])
        audit.note(Act.Kind.FORGOTTEN, by=by, job=job, at=not_before(job, clock()))
    return ActionResult(job, is_new=True)


def fail(*, job_id: int, error: str, task_id: UUID | None = None, clock: Clock = timezone.now) -> None:
    """Fails the generation or removal of a job, with `error` as its reason. Ignores jobs in other states.

    With `task_id`, only if that message still holds a lane: a late failure must not end work that was requested since.
    Keeps the lanes, so that a retry knows how far each was.
    """
    with transaction.atomic(durable=True):
        job = Job.objects.select_for_update().filter(pk=job_id, state__in=Job.AT_WORK).first()
        if job is None or (task_id and not job.lanes.filter(task_id=task_id).exists()):
            return
        now = not_before(job, clock())
        job.state, job.error, job.finished_at = Job.State.FAILED, error, job.finished_at or now
        job.save(update_fields=["state", "error", "finished_at"])
        publish(job, [job_event(job)], at=now)


def give_up(lane: Lane) -> None:
    """Fails the job of a lane that leases.is_hopeless."""
    reason = f"Its worker was started {MOST_ATTEMPTS} times in a row without making a step; the worker's log says why."
    fail(job_id=lane.job_id, task_id=lane.task_id, error=reason)


def why_no_retry(job: Job) -> str:
    if job.state == Job.State.FAILED and job.is_forgotten:
        return f"The passwords of job {job.pk} are forgotten: it can make no more accounts."
    return f"Job {job.pk} is {job.state}: only a job that failed while making accounts can be retried."


def why_not_forget(job: Job) -> str:
    if job.state in Job.ACTIVE:
        return f"Job {job.pk} is {job.state}, and needs its passwords: cancel it first, or wait for its end."
    if job.shared_hash:
        return f"Every account of job {job.pk} has the password that was typed: there is nothing to forget."
    return f"The passwords of job {job.pk} are forgotten already."


def require_ended(job: Job) -> None:
    """Raises WrongState while the job still makes accounts."""
    if job.state in Job.ACTIVE:
        raise WrongState(f"Job {job.pk} is {job.state}: cancel it first, then remove its accounts.")


def _renew_lanes(job: Job, now: datetime.datetime) -> list[UUID]:
    """Gives each lane a new message, so that one from before the failure is stale; returns the new ids."""
    lanes = list(job.lanes.select_for_update())
    for lane in lanes:
        lane.task_id, lane.seen_at, lane.attempts, lane.rescues, lane.is_waiting = uuid4(), now, 0, 0, True
        lane.save()
    return [lane.task_id for lane in lanes]
