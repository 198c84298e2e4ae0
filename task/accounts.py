"""The bulk insert: candidates are prepared outside any transaction, and become accounts inside the caller's."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from task import events
from task.identities import random_identities
from task.models import Account, Job
from task.passwords import Deriver, light_hash

User = get_user_model()


@dataclass(frozen=True, slots=True)
class Candidate:
    """All of an account that can be known before the lock."""

    username: str
    email: str
    password_hash: str
    tail: str


def prepare(job: Job, count: int, random: Random) -> list[Candidate]:
    """Candidates with their hashes and event texts: most of the work, and none of it under a lock."""
    deriver = Deriver.of_job(settings.SECRET_KEY, bytes(job.nonce))
    return [
        Candidate(
            username=identity.username,
            email=identity.email,
            password_hash=light_hash(deriver.password(identity.username)),
            tail=events.user_tail(identity.username, identity.email),
        )
        for identity in random_identities(count, random)
    ]


def insert(job: Job, candidates: Sequence[Candidate], *, now: datetime.datetime) -> list[str]:
    """Insert users and accounts, numbered from job.created + 1; return one event text for each, in that order.

    Fewer than asked when some names are taken: the caller's next step makes others for them.
    """
    made = _insert_users(candidates, now)
    Account.objects.bulk_create(
        Account(user=user, job=job, number=number) for number, (user, _) in enumerate(made, job.created + 1)
    )
    joined_at = events.wire_time(now)
    return [
        events.user_created(
            user_id=user.pk, tail=tail, joined_at=joined_at, place=events.place(job.pk, number, job.total)
        )
        for number, (user, tail) in enumerate(made, job.created + 1)
    ]


def _insert_users(candidates: Sequence[Candidate], now: datetime.datetime) -> list[tuple[Any, str]]:
    """The users with their event tails. A taken name is looked for only after it has been met: it hardly ever is."""
    users = _users(candidates, now)
    try:
        with transaction.atomic():
            User.objects.bulk_create(users)
    except IntegrityError:
        candidates = _free(candidates)
        users = _users(candidates, now)
        User.objects.bulk_create(users)
    return list(zip(users, (candidate.tail for candidate in candidates), strict=True))


def _users(candidates: Sequence[Candidate], now: datetime.datetime) -> list[Any]:
    return [
        User(username=candidate.username, email=candidate.email, password=candidate.password_hash, date_joined=now)
        for candidate in candidates
    ]


def _free(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those whose names are taken neither by a user nor by an earlier candidate."""
    by_name = {candidate.username: candidate for candidate in reversed(candidates)}
    for username in User.objects.filter(username__in=list(by_name)).values_list("username", flat=True):
        del by_name[username]
    return list(by_name.values())
