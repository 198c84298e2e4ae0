"""The jobs page, and a job at one offset of the feed, as every page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, OuterRef, QuerySet, Subquery, When
from django.utils import timezone

from realtime.outbox import Snapshot, count_of, head, read_at_head
from task.events import FEED
from task.models import Account, Act, Job
from task.pages import job_text

PAGE_SIZE = 50
SOCKET_PATH = "/ws/users/"


@dataclass(frozen=True)
class JobSnapshot:
    """A job at `offset` of the feed, and how many of its accounts were removed by then.

    `asked_by` is the requester's name in the audit log, which stays after the user was deleted.
    """

    job: Job
    offset: int
    removed: int
    asked_by: str

    @property
    def present(self) -> int:
        """Accounts that exist. The bar shows this number: it grows during the job, and shrinks during the removal."""
        return self.job.created - self.removed

    @property
    def count_text(self) -> str:
        """How many of its accounts the job has made, or its removal has removed."""
        if self.job.state in {Job.State.REMOVING, Job.State.REMOVED}:
            return job_text.count(self.removed, self.job.created)
        return job_text.count(self.job.created, self.job.total)

    @property
    def text(self) -> str:
        return job_text.short(self.job)

    @property
    def sign(self) -> str:
        return job_text.SIGNS[self.job.state]

    @property
    def requester(self) -> str:
        """The user's name, also after the user was deleted."""
        if self.job.requested_by:
            return self.job.requested_by.get_username()
        return self.asked_by or "the command line"

    @property
    def client_data(self) -> dict[str, Any]:
        job = self.job
        return {
            "id": job.pk,
            "state": job.state,
            "total": job.total,
            "created": job.created,
            "removed": self.removed,
            "offset": self.offset,
            "error": job.error,
            "isRemovalBegun": job.removal_began_at is not None,
        }


@dataclass(frozen=True, kw_only=True)
class JobList:
    start: Snapshot
    now: datetime
    state: str
    before: int | None
    jobs: Sequence[JobSnapshot]
    has_older: bool
    has_any: bool

    @property
    def states(self) -> list[str]:
        return list(Job.State.values)

    @property
    def last_id(self) -> int | None:
        return self.jobs[-1].job.pk if self.jobs else None

    @property
    def client_data(self) -> dict[str, Any]:
        """What the browser starts from. It reads the rest of each line from the table."""
        return {
            "socket": SOCKET_PATH,
            "epoch": str(self.start.epoch),
            "head": self.start.head,
            "now": self.now,
            "state": self.state,
            "is_first_page": self.before is None,
            "jobs": [snapshot.client_data for snapshot in self.jobs],
            "words": job_text.WORDS,
        }


def read_jobs(*, state: str = "", before: int | None = None) -> JobList:
    """Returns the newest page of the jobs in `state` (empty: in any), or the page below the id `before`."""
    start = head(FEED)
    jobs = Job.objects.filter(state=state) if state else Job.objects.all()
    page = jobs if before is None else jobs.filter(pk__lt=before)
    found = snapshots_of(page.order_by("-pk")[: PAGE_SIZE + 1])
    return JobList(
        start=start,
        now=timezone.now(),
        state=state,
        before=before,
        jobs=found[:PAGE_SIZE],
        has_older=len(found) > PAGE_SIZE,
        has_any=bool(found) or Job.objects.exists(),
    )


def snapshots_of(jobs: QuerySet[Job]) -> list[JobSnapshot]:
    """Reads each job, its removed accounts and the feed's offset in ONE statement, so that they match.

    Counts accounts only after a removal began, because counting a million takes 5 ms and more.
    """
    accounts = count_of(Account.objects.filter(job=OuterRef("pk")))
    present = Case(When(removal_began_at=None, then="created"), default=accounts, output_field=IntegerField())
    asked = Act.objects.filter(job=OuterRef("pk"), kind=Act.Kind.ASKED).order_by("pk").values("by_name")[:1]
    rows: Any = jobs.annotate(present=present, asked_by=Subquery(asked)).select_related("requested_by")
    return [
        JobSnapshot(job, offset, job.created - job.present, job.asked_by or "")
        for job, offset in read_at_head(FEED, rows)
    ]
