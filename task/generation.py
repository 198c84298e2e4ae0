"""The life of a job: start, step, fail; one transaction each. Lock order: asker, job, hand, feed.

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

from task import accounts, limits, passwords, record
from task.accounts import Candidate
from task.announcements import changed, tell
from task.hands import dispatch
from task.models import Act, Hand, Job
from task.options import Options
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
    options: Options = Options(),  # noqa: B008 (frozen)
    request_id: UUID | None = None,
    task_id: UUID | None = None,
    clock: Clock = timezone.now,
) -> Started:
    """Commit a job for `total` accounts, then send its message; must be called outside any transaction.

    The same request_id with the same values is the same job, however often and however much at once. `task_id` names
    a message that already exists and is to be the job's hand. A queue that cannot be reached loses nothing. Raises
    UnusableTotal, UnusableOption, RequestIdReused and, for a person who has too many jobs, limits.TooManyJobs.
    """
    _require_usable(total)
    options.require_usable()
    task_id_is_new = task_id is None
    request_id, task_id, now = request_id or uuid4(), task_id or uuid4(), clock()
    values = {"total": total, "requested_by": requested_by, "created_at": now, "remove_at": options.remove_at(now)}
    with transaction.atomic(durable=True):
        limits.lock(requested_by)
        job = Job.objects.filter(request_id=request_id).first()
        is_new = job is None
        if job is None:
            job, is_new = _admit(request_id, values, now)
        if is_new:
            Hand.objects.create(job=job, task_id=task_id, seen_at=now)
            record.note(Act.Kind.ASKED, by=requested_by, job=job, at=now)
            tell(job, [changed(job)])
    if (job.total, job.requested_by, job.options) != (total, requested_by, options):
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


def fail(*, job_id: int, error: str, task_id: UUID | None = None, clock: Clock = timezone.now) -> None:
    """End a job at work as failed, with the reason: its generation or its removal. Nothing happens to any other.

    With `task_id`, only while that hand is to work on it: what failed late is no fault of what was asked since.
    """
    with transaction.atomic(durable=True):
        job = Job.objects.select_for_update().filter(pk=job_id, state__in=Job.AT_WORK).first()
        if job is None or (task_id and not job.hands.filter(task_id=task_id).exists()):
            return
        job.state = Job.State.FAILED
        job.error = error
        job.finished_at = job.finished_at or clock()
        job.save(update_fields=["state", "error", "finished_at"])
        job.hands.all().delete()
        tell(job, [changed(job)])


def _require_usable(total: int) -> None:
    if type(total) is not int or not 1 <= total <= settings.GENERATE_BULK_MAX:
        raise UnusableTotal(f"Ask for 1 to {settings.GENERATE_BULK_MAX} accounts.")


def _admit(request_id: UUID, values: dict[str, Any], now: datetime.datetime) -> tuple[Job, bool]:
    """The job's row, unless the person has too many; of two calls at once with one request_id, one makes it."""
    limits.require_room(values["requested_by"], now)
    return Job.objects.get_or_create(request_id=request_id, defaults={**values, **_secrets()})


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
    return [changed(job, "started")]


def _save_and_tell(job: Job, texts: list[str], now: datetime.datetime) -> None:
    if job.created == job.total:
        job.state = Job.State.FINISHED
        job.finished_at = now
        job.hands.all().delete()
        texts = [*texts, changed(job)]
    job.save(update_fields=["created", "state", "started_at", "stepped_at", "finished_at"])
    tell(job, texts)
