"""The users page: one page of rows, the active jobs, the number of users, and the cursor that all of it belongs to.

Newest first means greatest primary key first, also for a user model whose keys do not grow with time.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db.models import IntegerField
from django.utils import timezone

from realtime.outbox import Snapshot
from task.accounts.users import matches, users_at_head
from task.models import Account, Job
from task.pages import job_text
from task.pages.job_list import SOCKET_PATH, JobSnapshot, snapshots_of

PAGE_SIZE = 50
JOB_LINES = 3
INTEGER_KEY = re.compile(r"[0-9]{0,18}")


@dataclass(frozen=True, kw_only=True)
class UserList:
    start: Snapshot
    before: str | None
    query: str
    newest_at: datetime | None
    rows: Sequence[AbstractUser]
    has_older: bool
    jobs: list[JobSnapshot]
    has_accounts: bool

    @property
    def total(self) -> int:
        return self.start.counted["users"]

    @property
    def last_id(self) -> Any:
        return self.rows[-1].pk if self.rows else None

    @property
    def page_size(self) -> int:
        return PAGE_SIZE

    @property
    def shown_jobs(self) -> list[JobSnapshot]:
        """All jobs if they fit. Otherwise the last line is left for the number of jobs that do not."""
        return self.jobs if len(self.jobs) <= JOB_LINES else self.jobs[: JOB_LINES - 1]

    @property
    def more_jobs(self) -> int:
        return len(self.jobs) - len(self.shown_jobs)

    @property
    def client_data(self) -> dict[str, Any]:
        """What the browser starts from. It reads the rows from the table."""
        return {
            "socket": SOCKET_PATH,
            "epoch": str(self.start.epoch),
            "head": self.start.head,
            "now": timezone.now(),
            "total": self.total,
            "is_first_page": self.before is None,
            "query": self.query,
            "newest_at": self.newest_at,
            "has_older": self.has_older,
            "page_size": PAGE_SIZE,
            "job_lines": JOB_LINES,
            "has_accounts": self.has_accounts,
            "jobs": [snapshot.client_data for snapshot in self.jobs],
            "words": job_text.WORDS,
        }


def read_user_list(*, before: str | None, query: str = "") -> UserList:
    """Returns the newest page of the matching users, or the page below the key `before`.

    Reads the cursor together with the total, and before the rows. An event between the two reads is then seen twice,
    which is harmless, and never missed.
    """
    users = get_user_model()._default_manager.order_by("-pk")
    start = users_at_head()
    page = users.filter(matches(query)) if before is None else users.filter(matches(query), pk__lt=before)
    rows = list(page.select_related("account")[: PAGE_SIZE + 1])
    return UserList(
        start=start,
        before=before,
        query=query,
        newest_at=users.values_list("date_joined", flat=True).first(),
        rows=rows[:PAGE_SIZE],
        has_older=len(rows) > PAGE_SIZE,
        jobs=snapshots_of(Job.objects.filter(state__in=Job.AT_WORK).order_by("pk")),
        has_accounts=Account.objects.exists(),
    )


def is_user_key(text: str) -> bool:
    """Whether `text` can be a primary key of a user, or is empty."""
    key = get_user_model()._meta.pk
    if isinstance(key, IntegerField):
        return bool(INTEGER_KEY.fullmatch(text))
    try:
        key.to_python(text)
    except ValidationError:
        return not text
    return True
