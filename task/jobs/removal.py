"""Removes a job's accounts in steps, and keeps the accounts that are in use."""

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
from task.jobs.feed import job_event, not_before, publish_last
from task.models import Job, Lane

User: Any = get_user_model()


class JobRemoval:
    """The `origin` of these deletions in Django's signals: task.signals skips them because `step` publishes them."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Accounts that a removal would delete now, and accounts that it would keep, by the first reason that holds."""

    removes: int
    keeps: Mapping[str, int]

    @property
    def kept(self) -> int:
        return sum(self.keeps.values())


def preview(job: Job) -> Preview:
    """Returns what a removal would do now, without locks. Reads all accounts of the job: 0.5 s for 200,000."""
    uses = _uses(job)
    reason = Case(*(When(condition, then=Value(words)) for words, condition in uses.items()), default=Value(""))
    counted = _users(job).annotate(reason=reason).values("reason").annotate(number=Count("*")).order_by()
    numbers = dict(counted.values_list("reason", "number"))
    return Preview(numbers.pop("", 0), {words: numbers[words] for words in uses if words in numbers})


def step(*, job_id: int, task_id: UUID, size: int, clock: Clock = timezone.now) -> Lane | None:
    """Looks at the next `size` accounts and deletes those not in use. Returns the lane with its job.

    Returns None if the message `task_id` has no claim on a lane of this job, or the job is not `removing`.

    ONE transaction: the users with all rows that depend on them, their events, `removed_through`, and with the last
    account the state `removed` and its event. So a kill at any point leaves no half of a step.
    """
    with transaction.atomic(durable=True):
        job = Job.objects.select_for_update().filter(pk=job_id, state=Job.State.REMOVING).first()
        now = clock()
        claimed = Lane.objects.filter(job=job_id, task_id=task_id)
        if job is None or not claimed.update(seen_at=now, attempts=0, rescues=0):
            return None
        lane = claimed.get()
        lane.job = job
        at = not_before(job, now)
        through = min(job.removed_through + size, job.created)
        texts = _delete(job, _lock_unused(job, through))
        job.removed_through, job.stepped_at = through, at
        if through == job.created:
            job.state, job.removed_at = Job.State.REMOVED, at
            job.lanes.all().delete()
            texts.append(job_event(job))
        job.save(update_fields=["removed_through", "stepped_at", "state", "removed_at"])
        publish_last(job, texts, at=at)
    return lane


def _users(job: Job) -> QuerySet[Any]:
    users: QuerySet[Any] = User._default_manager.filter(account__job=job)
    return users


def _lock_unused(job: Job, through: int) -> Sequence[Any]:
    """Locks the next users up to that number, and returns those not in use. A sign-in waits, then finds no account.

    A second statement looks for use, because a statement that waited for a lock does not see other rows that were
    committed meanwhile.
    """
    users = _users(job).filter(account__number__gt=job.removed_through, account__number__lte=through)
    locked = list(users.select_for_update(of=("self",)).order_by("account__number"))
    used = set(users.filter(reduce(or_, _uses(job).values())).values_list("pk", flat=True))
    return [user for user in locked if user.pk not in used]


def _delete(job: Job, users: Sequence[Any]) -> list[str]:
    """Deletes the users with all rows that refer to them, as Django does. Returns one event text for each user."""
    texts = [events.user_removed(user_id=user.pk, username=user.get_username(), job_id=job.pk) for user in users]
    if users:
        collector = Collector(using=DEFAULT_DB_ALIAS, origin=JobRemoval())  # type: ignore[arg-type]
        collector.collect(users)
        collector.delete()
    return texts


def _uses(job: Job) -> dict[str, Q]:
    """Returns the signs that an account is in use, by their words. Skips fields that this user model lacks."""
    known = {
        "last_login": ("signed in", Q(last_login__isnull=False)),
        "password": ("password changed", ~_has_first_password(job)),
        "is_staff": ("made staff", Q(is_staff=True)),
        "is_superuser": ("made superuser", Q(is_superuser=True)),
        "groups": ("given groups", _has_added_groups(job)),
        "user_permissions": ("given permissions", _has(user_permissions__isnull=False)),
        "token": ("given a token", _has(token__isnull=False)),
    }
    fields = {field.name for field in User._meta.get_fields()}
    uses = {words: condition for name, (words, condition) in known.items() if name in fields}
    is_protected = _is_protected()
    return uses | {"needed by other data": is_protected} if is_protected else uses


def _has_first_password(job: Job) -> Q:
    """Has the hash that the job wrote. A stretched light hash shows a sign-in, even if an export verified it."""
    if job.shared_hash:
        return Q(password=job.shared_hash)
    if job.options.needs_stretching:
        return Q(account__known_hash=F("password")) & ~Q(account__known_hash="")
    return Q(password__startswith=LIGHT_PREFIX)


def _has_added_groups(job: Job) -> Q:
    """Has groups that the job did not add."""
    memberships = User.groups.through.objects.filter(**{User.groups.field.m2m_field_name(): OuterRef("pk")})
    return Q(Exists(memberships.exclude(group__in=job.options.groups)))


def _has(**related: Any) -> Q:
    return Q(Exists(User._default_manager.filter(pk=OuterRef("pk"), **related)))


def _is_protected() -> Q:
    """Has rows of other apps that refer to the user with PROTECT or RESTRICT: they would stop the removal for good."""
    relations = [one for one in User._meta.related_objects if one.on_delete in {PROTECT, RESTRICT}]
    rows = [one.related_model._base_manager.filter(**{one.field.name: OuterRef("pk")}) for one in relations]
    return reduce(or_, [Q(Exists(one)) for one in rows], Q())
