"""What the page of one job shows, and the offset that all of it follows from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from realtime.log import head, timeline
from task.accounts import groups
from task.events import FEED
from task.jobs import credentials
from task.models import Account, Job
from task.pages import job_text, option_text
from task.pages.audit_text import Line, lines_of
from task.pages.chart import Timeline, timeline_of
from task.pages.job_list import SOCKET_PATH, SeenJob, see
from task.workers import registry

BOARD_SIZE = 20
APPEND_TAKES = timedelta(seconds=1)  # An earlier version gave a batch a time a moment after that of its step.


@dataclass(frozen=True, kw_only=True)
class JobPage:
    seen: SeenJob
    epoch: UUID
    now: datetime
    waiting: str
    before: int | None
    accounts: Sequence[Account]
    has_older: bool
    timeline: Timeline
    is_cut: bool
    record: Sequence[Line]
    chosen: str

    @property
    def job(self) -> Job:
        return self.seen.job

    @property
    def no_credentials(self) -> str:
        """Why nobody can download them; empty where they can be had."""
        return credentials.why_not_export(self.job)

    @property
    def sentence(self) -> str:
        return job_text.sentence(self.job, removed=self.seen.removed, waiting=self.waiting)

    @property
    def timeline_words(self) -> str:
        return job_text.timeline(self.timeline.peak, self.timeline.span_ms)

    @property
    def elapsed_ms(self) -> float | None:
        """Since it started, or until it ended; 0 while the clock, which went back, is not there again."""
        if self.job.started_at is None:
            return None
        return max(0, ((self.job.finished_at or self.now) - self.job.started_at).total_seconds() * 1_000)

    @property
    def rate(self) -> int | None:
        """Accounts a second, all in all."""
        return round(self.job.created * 1_000 / self.elapsed_ms) if self.elapsed_ms and self.job.created else None

    @property
    def last_number(self) -> int | None:
        return self.accounts[-1].number if self.accounts else None

    @property
    def client_data(self) -> dict[str, Any]:
        """What the browser client starts from; the rows it reads from the page itself."""
        return {
            "socket": f"{SOCKET_PATH}?job={self.job.pk}",
            "epoch": str(self.epoch),
            "head": self.seen.offset,
            "now": self.now,
            "job": self.seen.client_data,
            "started_at": self.job.started_at,
            "finished_at": self.job.finished_at,
            "waiting": self.waiting,
            "is_first_page": self.before is None,
            "has_older": self.has_older,
            "page_size": BOARD_SIZE,
            "timeline": {
                "start": self.timeline.start_ms,
                "width": self.timeline.width_ms,
                "counts": self.timeline.counts,
            },
            "is_cut": self.is_cut,
        }


def read_job_page(*, job_id: int, before: int | None, viewer: Any) -> JobPage | None:
    """The job as `viewer` may see it, with its newest accounts or those below the number `before`; None if unknown.

    The job comes with its offset out of one statement, and before the rows: what happens in between is seen twice,
    which is harmless, and never not at all.
    """
    epoch = head(FEED).epoch
    for seen in see(Job.objects.filter(pk=job_id)):
        now = timezone.now()
        accounts = _accounts(seen.job, before) if viewer.has_perm("auth.view_user") else []
        kept, is_cut = _timeline(seen)
        return JobPage(
            seen=seen,
            epoch=epoch,
            now=now,
            waiting=registry.waiting_reason(seen.job, now),
            before=before,
            accounts=accounts[:BOARD_SIZE],
            has_older=len(accounts) > BOARD_SIZE,
            timeline=kept,
            is_cut=is_cut,
            record=lines_of(seen, viewer=viewer),
            chosen=_chosen(seen.job, viewer),
        )
    return None


def _chosen(job: Job, viewer: Any) -> str:
    seed = job.seed if viewer.has_perm("auth.view_user") else None
    return option_text.sentence(job.options, groups=groups.names_of(job.options.groups), seed=seed)


def _accounts(job: Job, before: int | None) -> list[Account]:
    accounts = job.accounts.select_related("user").order_by("-number")
    return list((accounts if before is None else accounts.filter(number__lt=before))[: BOARD_SIZE + 1])


def _timeline(seen: SeenJob) -> tuple[Timeline, bool]:
    """Of what was made, and whether the log has lost its beginning. What is removed later does not count."""
    job = seen.job
    since = job.started_at or job.created_at
    ends = [job.finished_at + APPEND_TAKES if job.finished_at else None, job.removal_began_at]
    until = min(filter(None, ends), default=None)
    moments = timeline(FEED, str(job.pk), through=seen.offset, since=since, before=until)
    is_cut = sum(number for _, number in moments) < job.created
    return timeline_of(moments, start=moments[0][0] if is_cut and moments else since), is_cut
