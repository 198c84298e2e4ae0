"""What the users page shows: one page of rows, the jobs at work, and the cursor that all of it follows from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from realtime.log import Snapshot, count_of, head
from task.models import Account, Job

PAGE_SIZE = 50
SHOWN_JOBS = 5
SOCKET_PATH = "/ws/users/"


@dataclass(frozen=True, kw_only=True)
class Board:
    start: Snapshot
    before: int | None
    rows: Sequence[AbstractUser]
    has_older: bool
    jobs: list[Job]
    has_accounts: bool

    @property
    def total(self) -> int:
        return self.start.counted["users"]

    @property
    def last_id(self) -> int | None:
        return self.rows[-1].pk if self.rows else None

    @property
    def shown_jobs(self) -> list[Job]:
        return self.jobs[:SHOWN_JOBS]

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
            "page_size": PAGE_SIZE,
            "shown_jobs": SHOWN_JOBS,
            "has_accounts": self.has_accounts,
            "jobs": [
                {"id": job.pk, "state": job.state, "total": job.total, "created": job.created} for job in self.jobs
            ],
        }


def read_board(*, before: int | None) -> Board:
    """The newest page of users, or the one below the id `before`.

    The cursor comes out of one statement with the total, and before the rows: what happens in between is seen twice,
    which is harmless, and never not at all.
    """
    users = get_user_model()._default_manager.all()
    start = head("users", users=count_of(users))
    page = users if before is None else users.filter(pk__lt=before)
    rows = list(page.select_related("account").order_by("-pk")[: PAGE_SIZE + 1])
    return Board(
        start=start,
        before=before,
        rows=rows[:PAGE_SIZE],
        has_older=len(rows) > PAGE_SIZE,
        jobs=list(Job.objects.filter(state__in=Job.ACTIVE).order_by("pk")),
        has_accounts=Account.objects.exists(),
    )
