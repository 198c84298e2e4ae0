"""Inserts a job's accounts in bulk: candidates are prepared outside any transaction, then inserted in the caller's."""

import datetime
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from task import events
from task.accounts.bulk import column_values, insert_rows
from task.accounts.columns import columns_for, key_from_database, template_user
from task.accounts.identities import identities
from task.accounts.passwords import Deriver, light_hash
from task.models import Account, Job, Lane
from task.options import FULL, SHARED

User: Any = get_user_model()


class Candidate(NamedTuple):
    """A future account: all that can be known before the lock. `values` are those of `columns_for`'s columns."""

    login_name: str
    values: tuple[Any, ...]
    user_fields: str

    @property
    def password_hash(self) -> str:
        return str(self.values[-1])


class NoneInserted(Exception):
    """The user table refuses every candidate although no name is taken, so a retry cannot help."""


def prepare_candidates(lane: Lane, count: int) -> list[Candidate]:
    """Returns the lane's next candidates, with their hashes and event texts. Writes nothing and holds no lock.

    Most of the work of an account is done here: 6 us for a light hash, 0.2 s for one at full strength. Lanes never
    share an identity, because lane i of n uses the indexes i, i + n, i + 2n, ...
    """
    job = lane.job
    first = lane.tried * job.lane_count + lane.number
    indexes = range(first, first + count * job.lane_count, job.lane_count)
    columns, password_hash = columns_for(job.options.names), _hasher(job)
    return [
        Candidate(
            login_name=(name := columns.login_name(identity)),
            values=columns.values(identity, password_hash(name)),
            user_fields=events.user_fields(name, identity.email),
        )
        for identity in identities(job.options, job.seed, indexes)
    ]


def insert_accounts(job: Job, candidates: Sequence[Candidate], *, now: datetime.datetime) -> list[str]:
    """Inserts users and accounts, numbered from job.created + 1. Returns their event texts in that order.

    Needs the caller's transaction and its lock on the job. Skips candidates whose name is taken, so there can be fewer
    accounts than candidates; the next step makes others for them. Raises NoneInserted.
    """
    user_ids = _insert_users(job, candidates, now)
    # pop: a host's source may give two candidates one name, and the database inserts only the first.
    made = [(user_ids.pop(one.login_name), one) for one in candidates if one.login_name in user_ids]
    if not made:
        _require_taken_name(candidates)
        return []
    numbered = list(enumerate(made, job.created + 1))
    _insert_accounts(job, numbered)
    _insert_memberships(job, [user_id for user_id, _ in made])
    joined_at = events.wire_time(now)
    return [
        events.user_created(
            user_id=key_from_database(user_id),
            user=candidate.user_fields,
            joined_at=joined_at,
            job=events.job_fields(job.pk, number, job.total),
        )
        for number, (user_id, candidate) in numbered
    ]


def _hasher(job: Job) -> Callable[[str], str]:
    """Returns the function from login name to stored hash."""
    if job.options.passwords == SHARED:
        return lambda name: job.shared_hash
    deriver = Deriver.of_job(settings.SECRET_KEY, bytes(job.nonce))
    if job.options.hashing == FULL:
        return lambda name: make_password(deriver.password(name))
    return lambda name: light_hash(deriver.password(name))


def _insert_users(job: Job, candidates: Sequence[Candidate], now: datetime.datetime) -> dict[str, Any]:
    """Returns the ids of the inserted users, in the database's form, by login name."""
    fields = columns_for(job.options.names).names
    template = template_user(joined_at=now, is_active=job.options.is_active)
    inserted = insert_rows(
        User,
        fields=fields,
        rows=[candidate.values for candidate in candidates],
        shared=column_values(template, without=fields),
        returning=[User.USERNAME_FIELD, User._meta.pk.name],
    )
    return dict(inserted)


def _require_taken_name(candidates: Sequence[Candidate]) -> None:
    """Raises NoneInserted if no name is taken, because then another unique constraint refuses every user."""
    names = [candidate.login_name for candidate in candidates]
    if not User._default_manager.filter(**{f"{User.USERNAME_FIELD}__in": names}).exists():
        raise NoneInserted(f"The user table refuses each of {len(candidates)} new users, though no name is taken.")


def _insert_accounts(job: Job, numbered: Sequence[tuple[int, tuple[Any, Candidate]]]) -> None:
    fields = ["user", "number"]
    rows: list[tuple[Any, ...]] = [(user_id, number) for number, (user_id, _) in numbered]
    if job.options.needs_stretching:
        # Nothing in a full-strength hash shows later that it is of the job's password, so the account keeps a copy.
        fields += ["known_hash", "known_name"]
        rows = [(user_id, number, one.password_hash, one.login_name) for number, (user_id, one) in numbered]
    insert_rows(Account, fields=fields, rows=rows, shared=column_values(Account(job=job), without=fields))


def _insert_memberships(job: Job, user_ids: Sequence[Any]) -> None:
    """Adds the users to the job's groups. Skips groups that were deleted since the request."""
    if not job.options.groups:
        return
    through = User.groups.through
    for group_id in Group.objects.filter(pk__in=job.options.groups).values_list("pk", flat=True):
        insert_rows(
            through,
            fields=[User.groups.field.m2m_field_name()],
            rows=[(user_id,) for user_id in user_ids],
            shared={"group": group_id},
        )
