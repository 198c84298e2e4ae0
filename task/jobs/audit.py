"""The record: who did what to which job, and who made and revoked tokens. Written with the act, in its transaction."""

import datetime
from typing import Any

from task.jobs.persons import lock_user
from task.models import Act, Job


def note(kind: Act.Kind, *, by: Any, at: datetime.datetime, job: Job | None = None, detail: str = "") -> Act:
    """Add an act; `by` is a user, or None for the shell and for beat. The name stays when the user goes.

    Locks the user, so that a deletion waits for this act: call it before the feed is locked. Raises PermissionDenied
    for one who was deleted meanwhile.
    """
    lock_user(by)
    name = by.get_username() if by else ""
    return Act.objects.create(kind=kind, by=by, by_name=name, at=at, job=job, detail=detail)
