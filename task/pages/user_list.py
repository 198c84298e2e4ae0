"""What the users page shows: one page of rows, the jobs at work, and the cursor that all of it follows from.

Newest first means by key, greatest first: a user model whose keys do not grow is listed in the order of its keys.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db.models import IntegerField, Q
from django.utils import timezone

from realtime.log import Snapshot
from task.models import Account, Job
from task.pages.job_list import SOCKET_PATH, SeenJob, see
from task.pages.user_count import users_at_head

PAGE_SIZE = 50
JOB_LINES = 3
NUMBER = re.compile(r"[0-9]{0,18}")


@dataclass(frozen=True, kw_only=True)
class Board:
    start: Snapshot
    before: str | None
    query: str
    newest_at: datetime | None
    rows: Sequence[AbstractUser]
    has_older: bool
    jobs: list[SeenJob]
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
    def shown_jobs(self) -> list[SeenJob]:
        """Where there are more than lines, the last line counts the rest."""
        return self.jobs if len(self.jobs) <= JOB_LINES else self.jobs[: JOB_LINES - 1]

    @property
    def more_jobs(self) -> int:
        return len(self.jobs) - len(self.shown_jobs)

    @property
    def client_data(self) -> dict[str, Any]:
        """What the browser client starts from; the rows it reads from the page itself."""
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
            "jobs": [seen.client_data for seen in self.jobs],
        }


def read_board(*, before: str | None, query: str = "") -> Board:
    """The newest page of the users that match, or the one below the id `before`.

    The cursor comes out of one statement with the total, and before the rows: what happens in between is seen twice,
    which is harmless, and never not at all.
    """
    users = get_user_model()._default_manager.order_by("-pk")
    start = users_at_head()
    page = users.filter(matches(query)) if before is None else users.filter(matches(query), pk__lt=before)
    rows = list(page.select_related("account")[: PAGE_SIZE + 1])
    return Board(
        start=start,
        before=before,
        query=query,
        newest_at=users.values_list("date_joined", flat=True).first(),
        rows=rows[:PAGE_SIZE],
        has_older=len(rows) > PAGE_SIZE,
        jobs=see(Job.objects.filter(state__in=Job.AT_WORK).order_by("pk")),
        has_accounts=Account.objects.exists(),
    )


def matches(query: str) -> Q:
    """No index serves this: what nobody matches reads a million users in 0.12 s on SQLite. search.js does the same."""
    name = get_user_model().USERNAME_FIELD
    return Q(**{f"{name}__icontains": query}) | Q(email__icontains=query) if query else Q()


def is_place(text: str) -> bool:
    """Whether older users can be asked for below this: the key of a user, or what might be one."""
    key = get_user_model()._meta.pk
    if isinstance(key, IntegerField):
        return bool(NUMBER.fullmatch(text))
    try:
        key.to_python(text)
    except ValidationError:
        return not text
    return True
