"""What a new job is made of: its secrets, its seed, and a lane for each lane; and who may have which."""

import datetime
import secrets
import unicodedata
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from task.accounts import groups, passwords
from task.models import Job, Lane
from task.options import GREATEST_SEED, SHARED, Options, UnusableOption
from task.workers import registry

LONGEST_PASSWORD = 1_000


def require_allowed(options: Options, person: Any) -> None:
    """Raise UnusableOption for groups that the person may not give, and for a shared password that is too weak."""
    groups.require_givable(options.groups, person)
    if options.passwords == SHARED:
        _require_strong(options.shared_password)


def values_of(options: Options, now: datetime.datetime) -> dict[str, Any]:
    """The columns of a job that follow from its options; a shared password is hashed here, at full strength (0.2 s)."""
    return {
        "chosen": options.stored(),
        "seed": secrets.randbelow(GREATEST_SEED) if options.seed is None else options.seed,
        "shared_hash": make_password(options.shared_password) if options.passwords == SHARED else "",
        "lane_count": registry.count_processes(now) if options.needs_stretching else 1,
        "remove_at": options.remove_at(now),
        "nonce": secrets.token_bytes(passwords.NONCE_BYTES),
        "key_fingerprint": passwords.fingerprint(settings.SECRET_KEY),
    }


def make_lanes(job: Job, now: datetime.datetime, *, first: UUID | None) -> list[UUID]:
    """A lane for each lane that has a share of the accounts; return the ids of the messages that are to be sent.

    `first` is a message that is there already: it becomes the lane of the first lane.
    """
    ids = [first or uuid4(), *(uuid4() for _ in range(1, min(job.lane_count, job.total)))]
    least, rest = divmod(job.total, len(ids))
    Lane.objects.bulk_create(
        Lane(job=job, number=number, task_id=task_id, seen_at=now, share=least + (number < rest))
        for number, task_id in enumerate(ids)
    )
    return ids[1:] if first else ids


def is_same(job: Job, *, total: int, requested_by: Any, options: Options) -> bool:
    """Whether a request that bears the job's request_id asks for what the job is."""
    if (job.total, job.requested_by, job.options) != (total, requested_by, options):
        return False
    return options.passwords != SHARED or check_password(options.shared_password, job.shared_hash)


def _require_strong(password: str) -> None:
    """The sign-in page takes no control characters, and what is half a character in UTF-16 cannot be hashed."""
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in password):
        raise UnusableOption("shared_password", "Use characters that can be typed in one line.")
    if len(password) > LONGEST_PASSWORD:
        raise UnusableOption("shared_password", f"Use {LONGEST_PASSWORD:,} characters or fewer.")
    try:
        validate_password(password)
    except ValidationError as error:
        raise UnusableOption("shared_password", " ".join(error.messages)) from error
