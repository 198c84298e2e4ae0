"""The bulk insert: candidates are prepared outside any transaction, and become accounts inside the caller's."""

import datetime
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from task import events
from task.accounts import bulk
from task.accounts.columns import columns_of, key_of, same
from task.accounts.identities import identities
from task.accounts.passwords import Deriver, light_hash
from task.models import Account, Job, Lane
from task.options import FULL, SHARED

User: Any = get_user_model()


class Candidate(NamedTuple):
    """All of an account that can be known before the lock; `values` are those of the job's columns."""

    login_name: str
    values: tuple[Any, ...]
    tail: str

    @property
    def password_hash(self) -> str:
        return str(self.values[-1])


class NoneInserted(Exception):
    """A unique constraint refuses every user: not a name that is taken, so trying again cannot cure it."""


def prepare(lane: Lane, count: int) -> list[Candidate]:
    """The lane's next candidates with their hashes and event texts: most of the work, and none of it under a lock."""
    job = lane.job
    first = lane.tried * job.lane_count + lane.number
    indexes = range(first, first + count * job.lane_count, job.lane_count)
    columns, hashed = columns_of(job.options.names), _hasher(job)
    return [
        Candidate(
            login_name=(name := columns.login_name(identity)),
            values=columns.values(identity, hashed(name)),
            tail=events.user_tail(name, identity.email),
        )
        for identity in identities(job.options, job.seed, indexes)
    ]


def _hasher(job: Job) -> Callable[[str], str]:
    """Makes the stored hash of the password of an account of that name: 6 us if light, 0.2 s at full strength."""
    if job.options.passwords == SHARED:
        return lambda name: job.shared_hash
    deriver = Deriver.of_job(settings.SECRET_KEY, bytes(job.nonce))
    if job.options.hashing == FULL:
        return lambda name: make_password(deriver.password(name))
    return lambda name: light_hash(deriver.password(name))


def insert(job: Job, candidates: Sequence[Candidate], *, now: datetime.datetime) -> list[str]:
    """Insert users and accounts, numbered from job.created + 1; return one event text for each, in that order.

    Fewer than asked when some names are taken: the caller's next step makes others for them.
    """
    ids = _insert_users(job, candidates, now)
    made = [(ids.pop(candidate.login_name), candidate) for candidate in candidates if candidate.login_name in ids]
    if not made:
        _require_taken(candidates)
        return []
    numbered = list(enumerate(made, job.created + 1))
    _insert_accounts(job, numbered)
    _insert_groups(job, [user_id for user_id, _ in made])
    joined_at = events.wire_time(now)
    return [
        events.user_created(
            user_id=key_of(user_id),
            tail=candidate.tail,
            joined_at=joined_at,
            place=events.place(job.pk, number, job.total),
        )
        for number, (user_id, candidate) in numbered
    ]


def _insert_users(job: Job, candidates: Sequence[Candidate], now: datetime.datetime) -> dict[str, Any]:
    """The ids of the users that were inserted, by name, as the database has them: not of those whose name is taken."""
    fields = columns_of(job.options.names).names
    inserted = bulk.insert(
        User,
        fields=fields,
        rows=[candidate.values for candidate in candidates],
        same=bulk.prepared(same(joined_at=now, is_active=job.options.is_active), without=fields),
        returning=[User.USERNAME_FIELD, User._meta.pk.name],
    )
    return dict(inserted)


def _require_taken(candidates: Sequence[Candidate]) -> None:
    names = [candidate.login_name for candidate in candidates]
    if not User._default_manager.filter(**{f"{User.USERNAME_FIELD}__in": names}).exists():
        raise NoneInserted(f"The user table takes none of {len(candidates)} new users.")


def _insert_accounts(job: Job, numbered: Sequence[tuple[int, tuple[Any, Candidate]]]) -> None:
    """A hash at full strength is kept beside the account with its name: it cannot be known again for what it is."""
    fields = ["user", "number"]
    rows: list[tuple[Any, ...]] = [(user_id, number) for number, (user_id, _) in numbered]
    if job.options.needs_stretching:
        fields += ["known_hash", "known_name"]
        rows = [(user_id, number, one.password_hash, one.login_name) for number, (user_id, one) in numbered]
    bulk.insert(Account, fields=fields, rows=rows, same=bulk.prepared(Account(job=job), without=fields))


def _insert_groups(job: Job, user_ids: Sequence[Any]) -> None:
    """Those that are still there: a group that was deleted since is left out."""
    if not job.options.groups:
        return
    through = User.groups.through
    for group_id in Group.objects.filter(pk__in=job.options.groups).values_list("pk", flat=True):
        bulk.insert(
            through,
            fields=[User.groups.field.m2m_field_name()],
            rows=[(user_id,) for user_id in user_ids],
            same={"group": group_id},
        )
