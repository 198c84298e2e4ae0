"""What the list of jobs shows; and a job as any page sees it, with the offset at which that is true."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, OuterRef, Prefetch, QuerySet, When
from django.utils import timezone

from realtime.log import Snapshot, count_of, head, offset_of
from task.events import FEED
from task.models import Account, Act, Job
from task.pages import job_text

PAGE_SIZE = 50
SOCKET_PATH = "/ws/users/"


@dataclass(frozen=True)
class SeenJob:
    """A job at the offset of the feed; `removed` of its accounts were gone then."""

    job: Job
    offset: int
    removed: int

    @property
    def present(self) -> int:
        """The bar shows this: it fills while the job makes accounts, and drains while it removes them."""
        return self.job.created - self.removed

    @property
    def progress(self) -> tuple[int, int]:
        """What was done of what is to do."""
        is_removal = self.job.state in {Job.State.REMOVING, Job.State.REMOVED}
        return (self.removed, self.job.created) if is_removal else (self.job.created, self.job.total)

    @property
    def words(self) -> str:
        return job_text.short(self.job)

    @property
    def sign(self) -> str:
        return job_text.SIGNS[self.job.state]

    @property
    def who(self) -> str:
        if self.job.requested_by:
            return self.job.requested_by.get_username()
        asked = [act.by_name for act in self.job.acts.all() if act.kind == Act.Kind.ASKED]
        return next(filter(None, asked), "a shell")

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
    jobs: Sequence[SeenJob]
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
        """What the browser client starts from; what else a line says it reads from the page itself."""
        return {
            "socket": SOCKET_PATH,
            "epoch": str(self.start.epoch),
            "head": self.start.head,
            "now": self.now,
            "state": self.state,
            "is_first_page": self.before is None,
            "jobs": [seen.client_data for seen in self.jobs],
        }


def read_jobs(*, state: str = "", before: int | None = None) -> JobList:
    """The newest page of the jobs in that state (or in any), or the one below the id `before`."""
    start = head(FEED)
    jobs = Job.objects.filter(state=state) if state else Job.objects.all()
    page = jobs if before is None else jobs.filter(pk__lt=before)
    found = see(page.order_by("-pk")[: PAGE_SIZE + 1])
    return JobList(
        start=start,
        now=timezone.now(),
        state=state,
        before=before,
        jobs=found[:PAGE_SIZE],
        has_older=len(found) > PAGE_SIZE,
        has_any=bool(found) or Job.objects.exists(),
    )


def see(jobs: QuerySet[Job]) -> list[SeenJob]:
    """Each job with the feed's offset and the number of its removed accounts, out of ONE statement: they match."""
    acts = Prefetch("acts", Act.objects.order_by("pk"))
    rows: Any = jobs.annotate(offset=offset_of(FEED), present=_present()).select_related("requested_by")
    return [SeenJob(job, job.offset, job.created - job.present) for job in rows.prefetch_related(acts)]


def _present() -> Case:
    """Only a removal makes the accounts worth counting: to count a million takes 5 ms and more."""
    accounts = count_of(Account.objects.filter(job=OuterRef("pk")))
    return Case(When(removal_began_at=None, then="created"), default=accounts, output_field=IntegerField())
