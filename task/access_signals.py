"""Signal receivers for lost access: each sends a hint, at which the user's open sockets and long polls check again.

A change without a signal (`QuerySet.update`, SQL, an expired token) is found by the sockets' regular check.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.auth.models import Group, Permission
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from realtime import hints
from task.jobs.removal import JobRemoval

LOSSES = {"post_remove", "post_clear"}
OF_A_USER = ("groups", "user_permissions")  # fields that another user model may lack

User: Any = get_user_model()


@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def check_changed_user(instance: Any, created: bool, update_fields: Any = None, **kwargs: Any) -> None:
    """Skips new users, and the update of `last_login` at each sign-in."""
    if not created and set(update_fields or [""]) != {"last_login"}:
        hints.access_changed(instance.pk)


@receiver(post_delete, sender=settings.AUTH_USER_MODEL)
def check_deleted_user(instance: Any, origin: Any = None, **kwargs: Any) -> None:
    """Skips users that a removal deletes, because they never signed in and have no token."""
    if not isinstance(origin, JobRemoval):
        hints.access_changed(instance.pk)


@receiver(post_delete, sender="sessions.Session")
def check_ended_session(instance: Any, **kwargs: Any) -> None:
    """Skips expired sessions, which cleanup deletes, and sessions without a user."""
    if instance.expire_date > timezone.now() and (user_key := instance.get_decoded().get(SESSION_KEY)):
        hints.access_changed(user_key)


def check_changed_memberships(instance: Any, action: str, **kwargs: Any) -> None:
    """From the side of a group or permission, any number of users may have lost it."""
    if action in LOSSES:
        hints.access_changed(instance.pk if isinstance(instance, User) else None)


for field in OF_A_USER:
    if hasattr(User, field):
        m2m_changed.connect(check_changed_memberships, sender=getattr(User, field).through)


@receiver(m2m_changed, sender=Group.permissions.through)
def check_changed_group(action: str, **kwargs: Any) -> None:
    if action in LOSSES:
        hints.access_changed(None)


@receiver(post_delete, sender=Group)
@receiver(post_delete, sender=Permission)
def check_deleted_group(**kwargs: Any) -> None:
    hints.access_changed(None)
