"""Users that no job made or removed: the admin, the shell, a sign-up. They appear on the feed like all others.

Exact inside a transaction. In autocommit `post_save` runs after the commit, so a crash just then may lose the event; a
failing append never breaks the save.
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

from realtime.log import append
from task import events
from task.jobs.removal import Origin
from task.models import Job

logger = logging.getLogger(__name__)


@dataclass
class Removal:
    """The users that one call of `delete` removes: an event for each, under its key."""

    waiting: dict[Any, tuple[str, str]] = field(default_factory=dict)
    events: dict[str, list[str]] = field(default_factory=dict)


@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def tell_created(instance: Any, created: bool, **kwargs: Any) -> None:
    if created:
        with _harmless():
            tail = events.user_fields(instance.get_username(), instance.email)
            joined_at = events.wire_time(instance.date_joined)
            append(events.FEED, [events.user_created(user_id=instance.pk, tail=tail, joined_at=joined_at)])


@receiver(pre_delete, sender=settings.AUTH_USER_MODEL)
def note_removed(instance: Any, origin: Any = None, **kwargs: Any) -> None:
    """Before the deletion, as the account, which knows the job, goes first."""
    if isinstance(origin, Origin):
        return
    with _harmless():
        job_id = _lock(instance.pk)
        event = events.user_removed(user_id=instance.pk, username=instance.get_username(), job_id=job_id)
        _removal(origin or instance).waiting[instance.pk] = (str(job_id or ""), event)


@receiver(post_delete, sender=settings.AUTH_USER_MODEL)
def tell_removed(instance: Any, origin: Any = None, **kwargs: Any) -> None:
    """After the last user of this deletion: one append tells of all, and the feed is locked after all other rows."""
    if isinstance(origin, Origin):
        return
    with _harmless():
        removal = _removal(origin or instance)
        key, event = removal.waiting.pop(instance.pk)
        removal.events.setdefault(key, []).append(event)
        if not removal.waiting:
            for key, texts in removal.events.items():
                append(events.FEED, texts, key=key)
            removal.events = {}


def _lock(user_id: Any) -> int | None:
    """Lock the jobs that made and that was asked for by this user, then the user; return the first.

    A step of a removal holds users and wants their accounts, and who acts holds a job and wants to be there at the
    commit: a deletion that took its rows in its own order would meet both in a deadlock.
    """
    jobs = Job.objects.select_for_update(of=("self",)).values_list("pk", flat=True)
    made_by = jobs.filter(accounts__user=user_id).first()
    list(jobs.filter(requested_by=user_id).order_by("pk"))
    get_user_model()._default_manager.select_for_update().filter(pk=user_id).first()
    return made_by


def _removal(origin: Any) -> Removal:
    """Kept by what `delete` was called on: Django lanes it to every receiver of the same deletion."""
    return origin.__dict__.setdefault("_removal_on_the_feed", Removal())  # type: ignore[no-any-return]


@contextmanager
def _harmless() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except Exception:
        logger.exception("A user is not on the feed; pages show it after a reload")
