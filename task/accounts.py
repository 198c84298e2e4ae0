"""The bulk insert: candidates are prepared outside any transaction, and become accounts inside the caller's."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from task import bulk, events
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


class NoneInserted(Exception):
    """A unique constraint refuses every user: not a name that is taken by chance, so trying again cannot cure it."""


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
    ids = _insert_users(candidates, now)
    made = [(ids.pop(candidate.username), candidate) for candidate in candidates if candidate.username in ids]
    if not made and len(candidates) > 1:
        raise NoneInserted(f"The user table takes none of {len(candidates)} new users.")
    if not made:
        return []
    numbered = list(enumerate(made, job.created + 1))
    bulk.insert(
        Account,
        fields=["user", "number"],
        rows=[(user_id, number) for number, (user_id, _) in numbered],
        same={"job": job.pk},
        returning=["user"],
    )
    joined_at = events.wire_time(now)
    return [
        events.user_created(
            user_id=user_id, tail=candidate.tail, joined_at=joined_at, place=events.place(job.pk, number, job.total)
        )
        for number, (user_id, candidate) in numbered
    ]


def _insert_users(candidates: Sequence[Candidate], now: datetime.datetime) -> dict[str, Any]:
    """The ids of the users that were inserted, by name: not of those whose name is taken."""
    fields = ["username", "email", "password"]
    inserted = bulk.insert(
        User,
        fields=fields,
        rows=[(candidate.username, candidate.email, candidate.password_hash) for candidate in candidates],
        same=bulk.prepared(User(date_joined=now), without=fields),
        returning=["username", "id"],
    )
    return dict(inserted)
