"""The life of a job: start, step, fail; one transaction each. Lock order: job, hand, feed.

The job row is the only state of the work, so whoever takes a step, however often and whatever is killed meanwhile, a
job of N ends with exactly N accounts.
"""

import datetime
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from realtime.log import append
from task import accounts, events, passwords
from task.accounts import Candidate
from task.hands import dispatch
from task.models import Hand, Job
from task.turns import turn

Clock = Callable[[], datetime.datetime]


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
    request_id: UUID | None = None,
    task_id: UUID | None = None,
    clock: Clock = timezone.now,
) -> Started:
    """Commit a job for `total` accounts, then send its message; must be called outside any transaction.

    The same request_id with the same values is the same job, however often and however much at once. `task_id` names
    a message that already exists and is to be the job's hand. A queue that cannot be reached loses nothing.
    """
    if type(total) is not int or not 1 <= total <= settings.GENERATE_BULK_MAX:
        raise UnusableTotal(f"Ask for 1 to {settings.GENERATE_BULK_MAX} accounts.")
    task_id_is_new = task_id is None
    request_id, task_id = request_id or uuid4(), task_id or uuid4()
    with transaction.atomic(durable=True):
        values = {"total": total, "requested_by": requested_by, "created_at": clock(), **_secrets()}
        job, is_new = Job.objects.get_or_create(request_id=request_id, defaults=values)
        if is_new:
            Hand.objects.create(job=job, task_id=task_id, seen_at=job.created_at)
            _tell(job, [_changed(job)])
    if (job.total, job.requested_by) != (total, requested_by):
        raise RequestIdReused(f"The request {request_id} was used for job {job.pk}, with other values.")
    return Started(job, is_new, not (is_new and task_id_is_new) or dispatch(job.pk, task_id))


def step(*, job_id: int, task_id: UUID, candidates: Sequence[Candidate], clock: Clock = timezone.now) -> Job | None:
    """Make accounts of the candidates, as many as the job still lacks; None if the hand `task_id` is not to work on.

    ONE transaction: users, accounts, their events, `created`, and with the last of them the state `finished` and its
    event. Killed at any point, nothing is half done.
    """
    with turn(), transaction.atomic(durable=True):
        job = Job.objects.select_for_update().filter(pk=job_id, state__in=Job.ACTIVE).first()
        now = clock()
        mine = Hand.objects.filter(job=job_id, task_id=task_id)
        if job is None or not mine.update(seen_at=now, starts=0, rescues=0):
            return None
        texts = _started(job, now)
        made = accounts.insert(job, candidates[: job.total - job.created], now=now)
        job.created += len(made)
        job.stepped_at = now
        _save_and_tell(job, texts + made, now)
    return job


def fail(*, job_id: int, error: str, clock: Clock = timezone.now) -> None:
    """End an active job as failed, with the reason; nothing happens to a job that has ended."""
    with transaction.atomic(durable=True):
        job = Job.objects.select_for_update().filter(pk=job_id, state__in=Job.ACTIVE).first()
        if job is None:
            return
        job.state = Job.State.FAILED
        job.error = error
        job.finished_at = clock()
        job.save(update_fields=["state", "error", "finished_at"])
        job.hands.all().delete()
        _tell(job, [_changed(job)])


def _secrets() -> dict[str, Any]:
    """What the passwords of a new job are derived from, and the name of the key that they need."""
    return {
        "nonce": secrets.token_bytes(passwords.NONCE_BYTES),
        "key_fingerprint": passwords.fingerprint(settings.SECRET_KEY),
    }


def _started(job: Job, now: datetime.datetime) -> list[str]:
    if job.state == Job.State.RUNNING:
        return []
    job.state = Job.State.RUNNING
    job.started_at = now
    return [_changed(job, "started")]


def _save_and_tell(job: Job, texts: list[str], now: datetime.datetime) -> None:
    if job.created == job.total:
        job.state = Job.State.FINISHED
        job.finished_at = now
        job.hands.all().delete()
        texts = [*texts, _changed(job)]
    job.save(update_fields=["created", "state", "started_at", "stepped_at", "finished_at"])
    _tell(job, texts)


def _changed(job: Job, what: str = "") -> str:
    return events.job_changed(what or job.state, job_id=job.pk, total=job.total, created=job.created, error=job.error)


def _tell(job: Job, texts: Sequence[str]) -> None:
    if texts:
        append(events.FEED, texts, key=str(job.pk))
