"""The credentials of a job's accounts, for those who must sign in with them: never a password that is not known right.

Passwords are derived again, from the job's nonce and SECRET_KEY; the stored hash tells whether one still holds.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password
from django.db import OperationalError, transaction
from django.utils import timezone

from realtime.log import Clock
from task.accounts import columns, passwords
from task.accounts.passwords import LIGHT_PREFIX, Deriver
from task.database.lock_timeout import short
from task.jobs import audit
from task.jobs.feed import not_before
from task.models import Account, Act, Job
from task.options import SHARED

PART_SIZE = 1_000
PART_SECONDS = 1.0  # A password that was used to sign in takes 0.2 s to verify: whoever reads must not wait for 1,000.

User = get_user_model()
EMAIL = User.get_email_field_name()
COLUMNS = [
    "number",
    "user_id",
    "known_hash",
    "known_name",
    "user__password",
    f"user__{User.USERNAME_FIELD}",
    *([f"user__{EMAIL}"] if EMAIL in columns.CONCRETE else []),
]


class NoCredentials(Exception):
    """Nobody can have the passwords of this job; the text says why."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """`username` is what the account signs in with; `password` is empty where it is no longer known."""

    username: str
    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """Credentials by account number, and the number of the last of them; none when all were read."""

    rows: list[Credentials]
    last: int


def refusal(job: Job) -> str:
    """Why nobody can have the passwords; empty where they can be had."""
    if job.state == Job.State.REMOVED:
        return f"The accounts of job {job.pk} are removed."
    if job.options.passwords == SHARED:
        return f"Every account of job {job.pk} has the password that was typed: it is kept nowhere else."
    if not job.nonce:
        return f"The passwords of job {job.pk} are forgotten."
    if job.key_fingerprint != passwords.fingerprint(settings.SECRET_KEY):
        return f"The passwords of job {job.pk} were made with another SECRET_KEY: set that one to export them."
    return ""


def export(*, job_id: int, written_as: str, by: Any = None, clock: Clock = timezone.now) -> Job:
    """The job whose credentials may be read now; the record tells of it before anybody has one of them.

    A job that still makes accounts gives those that are there. Raises Job.DoesNotExist and NoCredentials.
    """
    with transaction.atomic(durable=True):
        job = Job.objects.select_for_update().get(pk=job_id)
        if reason := refusal(job):
            raise NoCredentials(reason)
        audit.note(Act.Kind.EXPORTED, by=by, job=job, at=not_before(job, clock()), detail=f"as {written_as.upper()}")
    return job


def parts(job: Job) -> Iterator[list[Credentials]]:
    """All of a job from `export`, in constant memory: by parts of at most PART_SIZE, or of about PART_SECONDS."""
    part = read(job)
    while part.rows:
        yield part.rows
        part = read(job, part.last)


def read(job: Job, after: int = 0) -> Part:
    """The part with the numbers above `after`. It is one query, and 10 us an account while nobody has signed in.

    Where somebody has, Django has stretched the hash, and the password takes 0.2 s to verify, once.
    """
    deriver = Deriver.of_job(settings.SECRET_KEY, bytes(job.nonce))
    until = time.monotonic() + PART_SECONDS
    part, learned = [], []
    for number, user_id, known_hash, name, stored, username, *email in _stored(job, after):
        password = deriver.password(name or username)
        is_right = _judge(password, stored, known_hash)
        if is_right is None and (is_right := _verifies(password, stored)):
            learned.append(Account(user_id=user_id, known_hash=stored, known_name=name or username))
        part.append(Credentials(username, "".join(email), password if is_right else ""))
        after = number
        if time.monotonic() > until:
            break
    _remember(learned)
    return Part(part, after)


def _stored(job: Job, after: int) -> Iterable[Any]:
    accounts = Account.objects.filter(job=job, number__gt=after).order_by("number")
    return accounts.values_list(*COLUMNS)[:PART_SIZE]


def _judge(password: str, stored: str, known_hash: str) -> bool | None:
    """Whether the stored hash is of that password; None where only the full number of rounds can tell."""
    if stored.startswith(LIGHT_PREFIX):
        return passwords.is_light_hash_of(password, stored)
    return True if known_hash and stored == known_hash else None


def _verifies(password: str, stored: str) -> bool:
    """As Django does at a sign-in, without a better hash afterwards; what is no hash at all is of no password."""
    with suppress(ValueError):
        return check_password(password, stored)
    return False


def _remember(learned: list[Account]) -> None:
    """So that the next export is fast. A database that is busy just now loses no more than that."""
    if learned:
        with suppress(OperationalError), short():
            Account.objects.bulk_update(learned, ["known_hash", "known_name"])
