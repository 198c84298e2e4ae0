"""The audit log: which user did what to a job or a token. Each entry commits together with the action it records."""

import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied

from task.models import Act, Job


def note(kind: Act.Kind, *, by: Any, at: datetime.datetime, job: Job | None = None, detail: str = "") -> Act:
    """Adds an entry in the caller's transaction; `by` is a user, or None for the shell and beat.

    Locks the user until the transaction ends, so call it before the feed is locked. Raises PermissionDenied if the
    user was deleted. The entry keeps the user's name after a later deletion.
    """
    lock_user(by)
    name = by.get_username() if by else ""
    return Act.objects.create(kind=kind, by=by, by_name=name, at=at, job=job, detail=detail)


def lock_user(user: Any) -> None:
    """Locks the user's row until the transaction ends. No-op for None. Raises PermissionDenied if it was deleted."""
    if user is None:
        return
    users = get_user_model()._default_manager.select_for_update(no_key=True)
    if users.filter(pk=user.pk).first() is None:
        raise PermissionDenied
