"""What people do to a job after they asked for it: cancel, retry, remove its accounts, forget their passwords.

One transaction each.

Each is safe to repeat: what is so already stays so, without a second event. Lock order: job, lane, user, feed.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from task.jobs import audit
from task.jobs.feed import job_event, not_before, publish
from task.jobs.leases import dispatch, dispatch_all
from task.models import Act, Job, Lane

Clock = Callable[[], datetime.datetime]

MOST_EXPIRED = 20


class WrongState(Exception):
    """The job is in a state in which this cannot be done; the text says what can."""


@dataclass(frozen=True, slots=True)
class ActionResult:
    """`is_new`: this call did it; `is_dispatched`: the message is in the queue (if not, rescue sends it)."""

    job: Job
    is_new: bool
    is_dispatched: bool = True


def cancel(*, job_id: int, by: Any = None, clock: Clock = timezone.now) -> ActionResult:
    """End an active job: after the commit not one account of it is made. Raises Job.DoesNotExist and WrongState."""
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
    """Queue a failed job again, to go on where each of its lanes stopped. Raises Job.DoesNotExist and WrongState."""
    with transaction.atomic(durable=True):
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.state in Job.ACTIVE:
            return ActionResult(job, is_new=False)
        if not job.may_retry:
            raise WrongState(why_no_retry(job))
        seen_at, now = (at := clock()), not_before(job, at)
        job.state, job.error, job.finished_at = Job.State.QUEUED, "", None
        job.save(update_fields=["state", "error", "finished_at"])
        waiting = _renew_lanes(job, seen_at)
        audit.note(Act.Kind.RETRIED, by=by, job=job, at=now, detail=f"at {job.created:,} of {job.total:,}")
        publish(job, [job_event(job)], at=now)
    return ActionResult(job, is_new=True, is_dispatched=dispatch_all(job.pk, waiting))


def remove(
    *, job_id: int, by: Any = None, kind: Act.Kind = Act.Kind.REMOVED, clock: Clock = timezone.now
) -> ActionResult:
    """Begin to remove the accounts of a job that has ended, but for those in use; task.jobs.removal does it.

    A removal that failed goes on where it stopped. Raises Job.DoesNotExist and WrongState.
    """
    task_id = uuid4()
    with transaction.atomic(durable=True):
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.state in {Job.State.REMOVING, Job.State.REMOVED}:
            return ActionResult(job, is_new=False)
        require_ended(job)
        seen_at, now = (at := clock()), not_before(job, at)
        job.state, job.error, job.removal_began_at = Job.State.REMOVING, "", job.removal_began_at or now
        job.save(update_fields=["state", "error", "removal_began_at"])
        job.lanes.all().delete()
        Lane.objects.create(job=job, task_id=task_id, seen_at=seen_at)
        audit.note(kind, by=by, job=job, at=now)
        publish(job, [job_event(job)], at=now)
    return ActionResult(job, is_new=True, is_dispatched=dispatch(job.pk, task_id))


def forget(*, job_id: int, by: Any = None, clock: Clock = timezone.now) -> ActionResult:
    """Erase what the passwords of a job are derived from, for good: they go on working, and nobody can export them.

    The hashes at full strength that are known stay: an undo needs them, and they give nothing away. Raises
    Job.DoesNotExist, and WrongState while lanes still derive passwords.
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


def why_no_retry(job: Job) -> str:
    if job.state == Job.State.FAILED and job.is_forgotten:
        return f"The passwords of job {job.pk} are forgotten: it can make no more accounts."
    return f"Job {job.pk} is {job.state}: only one that failed while it made accounts can go on."


def why_not_forget(job: Job) -> str:
    if job.state in Job.ACTIVE:
        return f"Job {job.pk} is {job.state}, and needs its passwords: cancel it first, or wait for its end."
    if job.shared_hash:
        return f"Every account of job {job.pk} has the password that was typed: there is nothing to forget."
    return f"The passwords of job {job.pk} are forgotten already."


def _renew_lanes(job: Job, now: datetime.datetime) -> list[UUID]:
    """New ids, so that a message from before the failure finds nothing to do."""
    lanes = list(job.lanes.select_for_update())
    for lane in lanes:
        lane.task_id, lane.seen_at, lane.attempts, lane.rescues = uuid4(), now, 0, 0
        lane.save()
    return [lane.task_id for lane in lanes]


def require_ended(job: Job) -> None:
    """Raise WrongState for a job that still makes accounts: what it has cannot be removed yet."""
    if job.state in Job.ACTIVE:
        raise WrongState(f"Job {job.pk} is {job.state}: cancel it first, then remove its accounts.")


def remove_expired(now: datetime.datetime) -> int:
    """Begin the removal of jobs whose time has come, some at a time; return how many. One at work waits for its end.

    The first whose message the queue does not take is the last: each waits 2 s for a queue that is frozen, and beat's
    task has 30 s in all.
    """
    due = Job.objects.filter(remove_at__lte=now, removal_began_at=None, state__in=Job.REMOVABLE)
    begun = 0
    for job_id in list(due.order_by("remove_at").values_list("pk", flat=True)[:MOST_EXPIRED]):
        steered = _remove_expired(job_id)
        begun += bool(steered and steered.is_new)
        if steered and not steered.is_dispatched:
            break
    return begun


def _remove_expired(job_id: int) -> ActionResult | None:
    """None where somebody has retried it since it was found."""
    try:
        return remove(job_id=job_id, kind=Act.Kind.EXPIRED)
    except WrongState:
        return None
