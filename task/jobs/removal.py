"""The removal of a job's accounts, all but those that somebody has begun to use: what it will do, and its steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import PROTECT, RESTRICT, Case, Count, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.deletion import Collector
from django.utils import timezone

from realtime.log import Clock
from task import events
from task.accounts.passwords import LIGHT_PREFIX
from task.jobs.feed import job_event, not_before, publish
from task.models import Job, Lane

User: Any = get_user_model()


class Origin:
    """What deletes the users, for Django's signals: this module tells the feed of them itself."""


@dataclass(frozen=True, slots=True)
class Preview:
    """How many accounts a removal deletes now, and how many it keeps, by the first reason that holds (in words)."""

    removes: int
    keeps: Mapping[str, int]

    @property
    def kept(self) -> int:
        return sum(self.keeps.values())


def preview(job: Job) -> Preview:
    """What the removal of this job would do now. Reads all of its accounts: 0.5 s for 200,000."""
    uses = _uses(job)
    reason = Case(*(When(condition, then=Value(words)) for words, condition in uses.items()), default=Value(""))
    found = _users(job).annotate(reason=reason).values("reason").annotate(number=Count("*")).order_by()
    numbers = dict(found.values_list("reason", "number"))
    return Preview(numbers.pop("", 0), {words: numbers[words] for words in uses if words in numbers})


def step(*, job_id: int, task_id: UUID, size: int, clock: Clock = timezone.now) -> Lane | None:
    """Look at the next `size` accounts and delete those not in use; None if the lane `task_id` is not to work on.

    ONE transaction: users with all that depends on them, their events, `removed_through`, and with the last of them
    the state `removed` and its event. Killed at any point, nothing is half done.
    """
    with transaction.atomic(durable=True):
        job = Job.objects.select_for_update().filter(pk=job_id, state=Job.State.REMOVING).first()
        now = clock()
        mine = Lane.objects.filter(job=job_id, task_id=task_id)
        if job is None or not mine.update(seen_at=now, attempts=0, rescues=0):
            return None
        lane = mine.get()
        lane.job = job
        moment = not_before(job, now)
        through = min(job.removed_through + size, job.created)
        texts = _delete(job, _unused(job, through))
        job.removed_through, job.stepped_at = through, moment
        if through == job.created:
            job.state, job.removed_at = Job.State.REMOVED, moment
            job.lanes.all().delete()
            texts.append(job_event(job))
        job.save(update_fields=["removed_through", "stepped_at", "state", "removed_at"])
        publish(job, texts, at=moment)
    return lane


def _users(job: Job) -> QuerySet[Any]:
    users: QuerySet[Any] = User._default_manager.filter(account__job=job)
    return users


def _unused(job: Job, through: int) -> Sequence[Any]:
    """Locked, so that nobody begins to use one of them meanwhile: who signs in now finds no account.

    Looked at by a second statement: one that has waited for a lock does not see what else was committed meanwhile.
    """
    users = _users(job).filter(account__number__gt=job.removed_through, account__number__lte=through)
    locked = list(users.select_for_update(of=("self",)).order_by("account__number"))
    used = set(users.filter(reduce(or_, _uses(job).values())).values_list("pk", flat=True))
    return [user for user in locked if user.pk not in used]


def _delete(job: Job, users: Sequence[Any]) -> list[str]:
    """Delete as Django does, with all that refers to the users; return one event text for each."""
    texts = [events.user_removed(user_id=user.pk, username=user.get_username(), job_id=job.pk) for user in users]
    if users:
        collector = Collector(using=DEFAULT_DB_ALIAS, origin=Origin())  # type: ignore[arg-type]
        collector.collect(users)
        collector.delete()
    return texts


def _uses(job: Job) -> dict[str, Q]:
    """Why an account is kept: words for each sign that somebody uses it, of those that this user model knows."""
    known = {
        "last_login": ("signed in", Q(last_login__isnull=False)),
        "password": ("password changed", ~_has_birth_password(job)),
        "is_staff": ("made staff", Q(is_staff=True)),
        "is_superuser": ("made superuser", Q(is_superuser=True)),
        "groups": ("given groups", _is_in_other_groups(job)),
        "user_permissions": ("given permissions", _has(user_permissions__isnull=False)),
        "token": ("given a token", _has(token__isnull=False)),
    }
    fields = {field.name for field in User._meta.get_fields()}
    return {words: condition for name, (words, condition) in known.items() if name in fields} | _protection()


def _protection() -> dict[str, Q]:
    """Rows that other applications let nobody delete: one of them would stop the removal for good."""
    relations = [one for one in User._meta.related_objects if one.on_delete in {PROTECT, RESTRICT}]
    own = [one.related_model._base_manager.filter(**{one.field.name: OuterRef("pk")}) for one in relations]
    return {"needed by other data": reduce(or_, [Q(Exists(rows)) for rows in own])} if own else {}


def _has_birth_password(job: Job) -> Q:
    """A light hash that was stretched since is a sign of use, even if an export has found what it is."""
    if job.shared_hash:
        return Q(password=job.shared_hash)
    if job.options.needs_stretching:
        return Q(account__known_hash=F("password")) & ~Q(account__known_hash="")
    return Q(password__startswith=LIGHT_PREFIX)


def _is_in_other_groups(job: Job) -> Q:
    """Than those that the job gave it."""
    memberships = User.groups.through.objects.filter(**{User.groups.field.m2m_field_name(): OuterRef("pk")})
    return Q(Exists(memberships.exclude(group__in=job.options.groups)))


def _has(**related: Any) -> Q:
    return Q(Exists(User._default_manager.filter(pk=OuterRef("pk"), **related)))
