"""The life of a job: start, step, fail; one transaction each. Lock order: asker, job, lane, feed.

The job row is the only state of the work, so whoever takes a step, however often and whatever is killed meanwhile, a
job of N ends with exactly N accounts.
"""

import datetime
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from task.accounts import insert
from task.accounts.insert import Candidate
from task.jobs import audit, limits, start
from task.jobs.feed import job_event, not_before, publish
from task.jobs.leases import dispatch_all
from task.models import Act, Job, Lane
from task.options import Options

Clock = Callable[[], datetime.datetime]

logger = logging.getLogger(__name__)


class UnusableTotal(ValueError):
    """The number of accounts is outside the bounds; the text says which."""


class RequestIdReused(Exception):
    """The request_id belongs to a job with other values."""


@dataclass(frozen=True, slots=True)
class Started:
    """`is_new`: this call made the job; `is_dispatched`: its message is in the queue (if not, rescue sends it)."""

    job: Job
    is_new: bool
    is_dispatched: bool


def start_job(
    *,
    total: int,
    requested_by: Any = None,
    options: Options = Options(),  # noqa: B008 (frozen)
    request_id: UUID | None = None,
    task_id: UUID | None = None,
    clock: Clock = timezone.now,
) -> Started:
    """Commit a job for `total` accounts, then send its messages; must be called outside any transaction.

    The same request_id with the same values is the same job, however often and however much at once. `task_id` names
    a message that already exists and is to be the job's lane. A queue that cannot be reached loses nothing. Raises
    UnusableTotal, UnusableOption, RequestIdReused and, for a person who has too many jobs, limits.TooManyJobs.
    """
    _require_usable(total)
    options.require_usable()
    request_id, now = request_id or uuid4(), clock()
    job, waiting = Job.objects.filter(request_id=request_id).first(), None
    if job is None:  # a request that is known costs no hash, and asks for no right anew
        start.require_allowed(options, requested_by)
        asked = {"total": total, "requested_by": requested_by, "created_at": now}
        job, waiting = _keep(request_id, {**asked, **start.values_of(options, now)}, first=task_id)
    if waiting is not None:
        logger.info("Job %s is asked for: %s accounts", job.pk, total, extra={"fields": {"job": job.pk}})
        return Started(job, is_new=True, is_dispatched=dispatch_all(job.pk, waiting))
    if not start.is_same(job, total=total, requested_by=requested_by, options=options):
        raise RequestIdReused(f"The request {request_id} was used for job {job.pk}, with other values.")
    return Started(job, is_new=False, is_dispatched=True)


def step(
    *, job_id: int, task_id: UUID, candidates: Sequence[Candidate], first: int, clock: Clock = timezone.now
) -> Lane | None:
    """Make accounts of the candidates, as many as the lane still lacks; None if the lane `task_id` is not to work on.

    `first` is what the lane had tried when they were prepared: should that have changed, they are left out. Returns the
    lane with its job. ONE transaction: users, accounts, their events, the counts, and with the last of them the state
    `finished` and its event. Killed at any point, nothing is half done.
    """
    with transaction.atomic(durable=True):
        job = Job.objects.select_for_update().filter(pk=job_id, state__in=Job.ACTIVE).first()
        lane = Lane.objects.select_for_update().filter(job=job_id, task_id=task_id).first()
        if job is None or lane is None:
            return None
        now = clock()
        lane.job, lane.seen_at, lane.attempts, lane.rescues = job, now, 0, 0
        if lane.tried == first:
            _make(lane, candidates[: lane.share - lane.made], not_before(job, now))
        lane.save(update_fields=["seen_at", "attempts", "rescues", "made", "tried"])
        if lane.is_done:
            Lane.objects.filter(pk=lane.pk).delete()
    return lane


def fail(*, job_id: int, error: str, task_id: UUID | None = None, clock: Clock = timezone.now) -> None:
    """End a job at work as failed, with the reason: its generation or its removal. Nothing happens to any other.

    With `task_id`, only while that lane is to work on it: what failed late is no fault of what was asked since. The
    lanes stay, without work, and tell a retry how far each lane was.
    """
    with transaction.atomic(durable=True):
        job = Job.objects.select_for_update().filter(pk=job_id, state__in=Job.AT_WORK).first()
        if job is None or (task_id and not job.lanes.filter(task_id=task_id).exists()):
            return
        now = not_before(job, clock())
        job.state = Job.State.FAILED
        job.error = error
        job.finished_at = job.finished_at or now
        job.save(update_fields=["state", "error", "finished_at"])
        publish(job, [job_event(job)], at=now)


def _require_usable(total: int) -> None:
    if type(total) is not int or not 1 <= total <= settings.GENERATE_BULK_MAX:
        raise UnusableTotal(f"Ask for 1 to {settings.GENERATE_BULK_MAX} accounts.")


def _keep(request_id: UUID, values: dict[str, Any], *, first: UUID | None) -> tuple[Job, list[UUID] | None]:
    """Commit a new job and return it with the messages to send; or None for these, with the job that is there."""
    person, now = values["requested_by"], values["created_at"]
    with transaction.atomic(durable=True):
        limits.lock(person)
        known = Job.objects.filter(request_id=request_id).first()
        if known is not None:
            return known, None
        limits.require_room(person, now)
        job, is_new = Job.objects.get_or_create(request_id=request_id, defaults=values)
        if not is_new:
            return job, None
        waiting = start.make_lanes(job, now, first=first)
        audit.note(Act.Kind.ASKED, by=person, job=job, at=now)
        publish(job, [job_event(job)], at=now)
    return job, waiting


def _make(lane: Lane, candidates: Sequence[Candidate], now: datetime.datetime) -> None:
    job = lane.job
    texts = _started(job, now)
    made = insert.insert_accounts(job, candidates, now=now)
    lane.made += len(made)
    lane.tried += len(candidates)
    job.created += len(made)
    job.stepped_at = now
    _save_and_tell(job, texts + made, now)


def _started(job: Job, now: datetime.datetime) -> list[str]:
    if job.state == Job.State.RUNNING:
        return []
    job.state = Job.State.RUNNING
    job.started_at = now
    return [job_event(job, "started")]


def _save_and_tell(job: Job, texts: list[str], now: datetime.datetime) -> None:
    if job.created == job.total:
        job.state = Job.State.FINISHED
        job.finished_at = now
        texts = [*texts, job_event(job)]
    job.save(update_fields=["created", "state", "started_at", "stepped_at", "finished_at"])
    publish(job, texts, at=now)
