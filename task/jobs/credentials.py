"""Exports the credentials of a job's accounts, and only passwords that are known to be right.

Passwords are derived again from the job's nonce and SECRET_KEY. The stored hash shows whether one is still right. An
export gives its user no more rights: it withholds the passwords of accounts that can do more than its user.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.db.models import Case, Value
from django.utils import timezone

from realtime.log import Clock
from task.accounts import columns, passwords
from task.accounts.passwords import LIGHT_PREFIX, Deriver
from task.accounts.rights import why_withheld
from task.database.errors import UNAVAILABLE
from task.database.lock_timeout import short
from task.jobs import audit
from task.jobs.feed import not_before
from task.models import Account, Act, Job
from task.options import SHARED

CHUNK_SIZE = 1_000
CHUNK_SECONDS = 1.0  # a full-strength hash takes 0.2 s to verify, and a reader must not wait for 1,000 of them
CHANGED = "The password or the username was changed."

logger = logging.getLogger(__name__)

User = get_user_model()
EMAIL = User.get_email_field_name()
COLUMNS = [
    "number",
    "user_id",
    "known_hash",
    "known_name",
    "withheld",
    "user__password",
    f"user__{User.USERNAME_FIELD}",
    *([f"user__{EMAIL}"] if EMAIL in columns.CONCRETE else []),
]


class NoCredentials(Exception):
    """The passwords of this job cannot be exported. The text says why."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """`username` is the login name. Either `password` or `reason`, why there is none, is empty."""

    username: str
    email: str
    password: str = field(repr=False)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Export:
    """A job whose accounts are exported, and the expression for why an account's password is withheld."""

    job: Job
    withheld: Case | Value

    @classmethod
    def of(cls, job: Job, *, by: Any) -> "Export":
        """Reads the permissions of the user `by` now. With None, the shell, no password is withheld."""
        return cls(job, why_withheld(by, user="user"))


@dataclass(frozen=True, slots=True)
class Chunk:
    """Credentials in the order of account numbers, and the last of these numbers. No rows means the end."""

    rows: list[Credentials]
    last: int


def why_not_export(job: Job) -> str:
    """Returns why the passwords cannot be exported, as a sentence. Empty if they can."""
    if job.state == Job.State.REMOVED:
        return f"The accounts of job {job.pk} are removed."
    if job.options.passwords == SHARED:
        return f"All accounts of job {job.pk} have the shared password of its request, which is not stored."
    if not job.nonce:
        return f"The passwords of job {job.pk} are forgotten."
    if job.key_fingerprint != passwords.fingerprint(settings.SECRET_KEY):
        return f"The passwords of job {job.pk} were made with another SECRET_KEY: set that one to export them."
    return ""


def start_export(*, job_id: int, written_as: str, by: Any = None, clock: Clock = timezone.now) -> Export:
    """Commits the export to the audit log, then returns it for `read_chunks`.

    `by` is None only for the shell. An active job gives the accounts that exist. Locks the job. Raises Job.DoesNotExist
    and NoCredentials.
    """
    with transaction.atomic(durable=True):
        job = Job.objects.select_for_update().get(pk=job_id)
        if reason := why_not_export(job):
            raise NoCredentials(reason)
        audit.note(Act.Kind.EXPORTED, by=by, job=job, at=not_before(job, clock()), detail=f"as {written_as.upper()}")
    user = "shell" if by is None else by.pk
    logger.info("Passwords of job %s are exported", job.pk, extra={"fields": {"job": job.pk, "user": user}})
    return Export.of(job, by=by)


def read_chunks(export: Export) -> Iterator[list[Credentials]]:
    """Yields all credentials of an export, in constant memory."""
    chunk = read_chunk(export)
    while chunk.rows:
        yield chunk.rows
        chunk = read_chunk(export, chunk.last)


def read_chunk(export: Export, after: int = 0) -> Chunk:
    """Returns at most CHUNK_SIZE credentials with numbers above `after`, or as many as take about CHUNK_SECONDS.

    Costs one query, and 10 us an account until its first sign-in. Then Django stretches the hash, and the password
    takes 0.2 s to verify, once: the account keeps the verified hash for the next export.
    """
    deriver = Deriver.of_job(settings.SECRET_KEY, bytes(export.job.nonce))
    until = time.monotonic() + CHUNK_SECONDS
    rows, verified = [], []
    for number, user_id, known_hash, known_name, withheld, stored_hash, username, *email in _stored(export, after):
        after = number
        if withheld:
            rows.append(Credentials(username, "".join(email), "", withheld))
            continue
        name = known_name or username
        password = deriver.password(name)
        is_right = _compare(password, stored_hash, known_hash)
        if is_right is None and (is_right := _verify(password, stored_hash)):
            verified.append(Account(user_id=user_id, known_hash=stored_hash, known_name=name))
        rows.append(Credentials(username, "".join(email), *((password, "") if is_right else ("", CHANGED))))
        if time.monotonic() > until:
            break
    if verified:
        with suppress(*UNAVAILABLE), short():  # a busy database only costs the next export some time
            Account.objects.bulk_update(verified, ["known_hash", "known_name"])
    return Chunk(rows, after)


def _stored(export: Export, after: int) -> Iterable[Any]:
    accounts = Account.objects.filter(job=export.job, number__gt=after).order_by("number")
    accounts = accounts.annotate(withheld=export.withheld)
    return accounts.values_list(*COLUMNS)[:CHUNK_SIZE]


def _compare(password: str, stored_hash: str, known_hash: str) -> bool | None:
    """Returns whether the stored hash is of this password. None if only a full verification can tell."""
    if stored_hash.startswith(LIGHT_PREFIX):
        return passwords.is_light_hash_of(password, stored_hash)
    return True if known_hash and stored_hash == known_hash else None


def _verify(password: str, stored_hash: str) -> bool:
    """Verifies as Django does at a sign-in, but never replaces the hash. A malformed hash matches no password."""
    with suppress(ValueError):
        return check_password(password, stored_hash)
    return False
