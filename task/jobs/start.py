"""Starts a job: commits it with its lanes in one transaction, then sends the first message of each lane.

Lock order: job, user, feed. If equal requests are concurrent, the unique constraint on request and requester lets one
make the job.
"""

import datetime
import logging
import math
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from realtime.log import Clock
from task.accounts import groups, passwords
from task.database.clock_skew import CLOCKS_DIFFER
from task.jobs import audit
from task.jobs.feed import job_event, publish
from task.jobs.leases import dispatch_all, resend_unclaimed
from task.models import Act, Job, Lane
from task.options import GREATEST_SEED, SHARED, Options, UnusableOption
from task.workers import registry

LONGEST_PASSWORD = 1_000
HOUR = datetime.timedelta(hours=1)
RETRY_SECONDS = 10

logger = logging.getLogger(__name__)


class UnusableTotal(ValueError):
    """The number of accounts is outside the bounds; the text gives them."""


class RequestIdReused(Exception):
    """The requester used this request_id for a job with other values."""


class TooManyJobs(Exception):
    """The user has reached a limit on jobs; the text says which, `retry_after_seconds` when to try again."""

    def __init__(self, reason: str, retry_after_seconds: int) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class Started:
    """`is_new`: this call made the job; `queue_fault`: why its messages are not in the queue yet, or empty."""

    job: Job
    is_new: bool
    queue_fault: str = ""


def start_job(
    *,
    total: int,
    requested_by: Any = None,
    options: Options = Options(),  # noqa: B008 (frozen)
    request_id: UUID | None = None,
    task_id: UUID | None = None,
    clock: Clock = timezone.now,
) -> Started:
    """Commits a job for `total` accounts, then sends its messages. Call it outside any transaction.

    The same request_id of the same requester with the same values returns the same job, also when requests are
    concurrent, and sends messages again that may be lost. `requested_by` is None for the shell and Celery. `task_id` is
    a message that already exists: it becomes the first lane's. An unreachable queue loses nothing. Raises
    UnusableTotal, UnusableOption, RequestIdReused, TooManyJobs, and PermissionDenied if the user was deleted.
    """
    if type(total) is not int or not 1 <= total <= settings.GENERATE_BULK_MAX:
        raise UnusableTotal(f"Ask for 1 to {settings.GENERATE_BULK_MAX} accounts.")
    options.require_usable()
    request_id, requester_key = request_id or uuid4(), "" if requested_by is None else str(requested_by.pk)
    now, job = clock(), Job.objects.filter(request_id=request_id, requester_key=requester_key).first()
    if job is None:  # a known request costs no hash and needs no permission again
        _require_allowed(options, requested_by)
        _require_room(requested_by, now)  # also here, because a refused job must cost no hash
        values = {"total": total, "requested_by": requested_by, **_values_from(options, now)}
        job, unsent = _create_job(request_id, requester_key, values, first=task_id)
        if unsent is not None:
            logger.info("Job %s was requested: %s accounts", job.pk, total, extra={"fields": {"job": job.pk}})
            return Started(job, is_new=True, queue_fault=dispatch_all(job.pk, unsent))
    if not _is_same(job, total=total, options=options):
        raise RequestIdReused(f"Request {request_id} was already used for job {job.pk}, with other values.")
    return Started(job, is_new=False, queue_fault=resend_unclaimed(job, now))


def _require_allowed(options: Options, user: Any) -> None:
    """Raises UnusableOption for groups the user may not give, and for a shared password that is too weak."""
    groups.require_givable(options.groups, user)
    if options.passwords != SHARED:
        return
    password = options.shared_password
    # The sign-in page accepts no control characters, and half a surrogate pair cannot be hashed.
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in password):
        raise UnusableOption("shared_password", "Use characters that can be typed in one line.")
    if len(password) > LONGEST_PASSWORD:
        raise UnusableOption("shared_password", f"Use {LONGEST_PASSWORD:,} characters or fewer.")
    try:
        validate_password(password)
    except ValidationError as error:
        raise UnusableOption("shared_password", " ".join(error.messages)) from error


def _values_from(options: Options, now: datetime.datetime) -> dict[str, Any]:
    """Returns the job's columns that follow from its options. Hashes a shared password at full strength (0.2 s)."""
    return {
        "created_at": now,
        "chosen": options.stored(),
        "seed": secrets.randbelow(GREATEST_SEED) if options.seed is None else options.seed,
        "shared_hash": make_password(options.shared_password) if options.passwords == SHARED else "",
        "lane_count": registry.count_processes(now) if options.needs_stretching else 1,
        "remove_at": options.remove_at(now),
        "nonce": secrets.token_bytes(passwords.NONCE_BYTES),
        "key_fingerprint": passwords.fingerprint(settings.SECRET_KEY),
    }


def _create_job(
    request_id: UUID, requester_key: str, values: dict[str, Any], *, first: UUID | None
) -> tuple[Job, list[UUID] | None]:
    """Commits the job and returns it with the messages to send, or None for these if a concurrent request made it."""
    with transaction.atomic(durable=True):
        job, is_new = Job.objects.get_or_create(request_id=request_id, requester_key=requester_key, defaults=values)
        if not is_new:
            return job, None
        audit.note(Act.Kind.ASKED, by=job.requested_by, job=job, at=job.created_at)  # locks the user until commit
        _require_room(job.requested_by, job.created_at, besides=job.pk)
        unsent = _create_lanes(job, first=first)
        publish(job, [job_event(job)], at=job.created_at)
    return job, unsent


def _require_room(user: Any, now: datetime.datetime, *, besides: int = 0) -> None:
    """Raises TooManyJobs if a new job exceeds a limit of its user. The shell has no limits.

    Certain only while the user is locked, so that concurrent requests cannot exceed the limits together. `besides` is
    the id of the new job.
    """
    if user is None:
        return
    others = Job.objects.filter(requested_by=user)
    if besides:
        others = others.exclude(pk=besides)
    if others.filter(state__in=Job.ACTIVE).count() >= settings.JOBS_AT_WORK_MAX:
        raise TooManyJobs(
            f"You have {settings.JOBS_AT_WORK_MAX} active jobs, which is the limit: wait until one ends or cancel one.",
            RETRY_SECONDS,
        )
    recent = others.filter(created_at__gt=now - HOUR, created_at__lt=now + CLOCKS_DIFFER).order_by("-created_at")
    oldest_at = recent.values_list("created_at", flat=True)[settings.JOBS_AN_HOUR_MAX - 1 :].first()
    if oldest_at is not None:
        seconds = math.ceil((oldest_at + HOUR - now).total_seconds())
        raise TooManyJobs(
            f"You requested {settings.JOBS_AN_HOUR_MAX} jobs within the hour, which is the limit: try again in "
            f"{math.ceil(seconds / 60)} min.",
            seconds,
        )


def _create_lanes(job: Job, *, first: UUID | None) -> list[UUID]:
    """Divides the accounts among the job's lanes; returns the ids of the messages to send.

    `first` is a message that already exists: it becomes the first lane's, and is not sent again.
    """
    ids = [first or uuid4(), *(uuid4() for _ in range(1, min(job.lane_count, job.total)))]
    share, rest = divmod(job.total, len(ids))
    Lane.objects.bulk_create(
        Lane(job=job, number=number, task_id=task_id, seen_at=job.created_at, share=share + (number < rest))
        for number, task_id in enumerate(ids)
    )
    return ids[1:] if first else ids


def _is_same(job: Job, *, total: int, options: Options) -> bool:
    """Returns whether the job has these values. Checks a shared password only if all others match (0.2 s)."""
    if (job.total, job.options) != (total, options):
        return False
    return options.passwords != SHARED or check_password(options.shared_password, job.shared_hash)
