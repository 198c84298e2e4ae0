"""Signal receivers for users created or deleted outside jobs: in the admin, in a shell, by a sign-up.

Inside a transaction the event commits with the user. In autocommit mode `post_save` runs after the commit, so a crash
between the two loses the event. An error in a receiver is logged and never breaks the save. `loaddata` makes no events,
because a fixture brings its own log, and rows that an event needs may still be missing.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver

from realtime.outbox import append
from task import events
from task.jobs.removal import JobRemoval
from task.models import Job

logger = logging.getLogger(__name__)


@dataclass
class Deletion:
    """The users of one call of `delete`: those still to be deleted, and the events of the others by feed key."""

    waiting: dict[Any, tuple[str, str]] = field(default_factory=dict)
    events: dict[str, list[str]] = field(default_factory=dict)


@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def publish_user_created(instance: Any, created: bool, raw: bool, **kwargs: Any) -> None:
    if created and not raw:
        with _errors_logged():
            user = events.user_fields(instance.get_username(), instance.email)
            joined_at = events.wire_time(instance.date_joined)
            append(events.FEED, [events.user_created(user_id=instance.pk, user=user, joined_at=joined_at)])


@receiver(pre_delete, sender=settings.AUTH_USER_MODEL)
def prepare_user_removed(instance: Any, origin: Any = None, **kwargs: Any) -> None:
    """Makes the event before the deletion, because Django deletes the account, which knows the job, first."""
    if isinstance(origin, JobRemoval):
        return
    with _errors_logged():
        job_id = _lock_jobs_and_user(instance.pk)
        event = events.user_removed(user_id=instance.pk, username=instance.get_username(), job_id=job_id)
        _deletion(origin or instance).waiting[instance.pk] = (str(job_id or ""), event)


@receiver(post_delete, sender=settings.AUTH_USER_MODEL)
def publish_users_removed(instance: Any, origin: Any = None, **kwargs: Any) -> None:
    """Appends all events after the last user of this deletion, so that the feed is locked after all other rows."""
    if isinstance(origin, JobRemoval):
        return
    with _errors_logged():
        deletion = _deletion(origin or instance)
        key, event = deletion.waiting.pop(instance.pk)
        deletion.events.setdefault(key, []).append(event)
        if not deletion.waiting:
            for key, texts in deletion.events.items():
                append(events.FEED, texts, key=key)
            deletion.events = {}


def _lock_jobs_and_user(user_id: Any) -> int | None:
    """Locks the job that made this user and the jobs that it requested, then the user. Returns the first job's id.

    The order prevents two deadlocks: a step of a removal holds users and needs their accounts, and an action holds a
    job and needs the acting user.
    """
    jobs = Job.objects.select_for_update(of=("self",)).values_list("pk", flat=True)
    made_by = jobs.filter(accounts__user=user_id).first()
    list(jobs.filter(requested_by=user_id).order_by("pk"))
    get_user_model()._default_manager.select_for_update().filter(pk=user_id).first()
    return made_by


def _deletion(origin: Any) -> Deletion:
    """Returns the state kept on the object that `delete` was called on: Django gives it to every receiver."""
    return origin.__dict__.setdefault("_deletion_on_the_feed", Deletion())  # type: ignore[no-any-return]


@contextmanager
def _errors_logged() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except Exception:
        logger.exception("User event lost; reload open pages to see the change")
