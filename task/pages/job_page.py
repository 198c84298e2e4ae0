"""The page of one job, and the offset of the feed that all of it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from realtime.log import position, timeline
from task.accounts import groups
from task.events import FEED
from task.jobs import credentials
from task.models import Account, Job
from task.pages import job_text, option_text
from task.pages.audit_text import AuditLine, audit_lines
from task.pages.chart import Timeline, timeline_of
from task.pages.job_list import SOCKET_PATH, JobSnapshot, snapshots_of
from task.workers import registry

PAGE_SIZE = 20
END_MARGIN = timedelta(seconds=1)  # `timeline` excludes its end, and the last batch has the time of `finished_at`.


@dataclass(frozen=True, kw_only=True)
class JobPage:
    snapshot: JobSnapshot
    epoch: UUID
    now: datetime
    waiting: str
    before: int | None
    accounts: Sequence[Account]
    has_older: bool
    timeline: Timeline
    is_cut: bool
    audit_log: Sequence[AuditLine]
    options_text: str

    @property
    def job(self) -> Job:
        return self.snapshot.job

    @property
    def credentials_refusal(self) -> str:
        """Why the credentials cannot be downloaded, or empty."""
        return credentials.why_not_export(self.job)

    @property
    def sentence(self) -> str:
        return job_text.sentence(self.job, removed=self.snapshot.removed, waiting=self.waiting)

    @property
    def timeline_text(self) -> str:
        return job_text.timeline(self.timeline.peak, self.timeline.span_ms)

    @property
    def elapsed_ms(self) -> float | None:
        """From the start to now or to the end. Not below 0, even after the clock was set back."""
        if self.job.started_at is None:
            return None
        return max(0, ((self.job.finished_at or self.now) - self.job.started_at).total_seconds() * 1_000)

    @property
    def rate(self) -> int | None:
        """Accounts per second, averaged over `elapsed_ms`."""
        return round(self.job.created * 1_000 / self.elapsed_ms) if self.elapsed_ms and self.job.created else None

    @property
    def last_number(self) -> int | None:
        return self.accounts[-1].number if self.accounts else None

    @property
    def client_data(self) -> dict[str, Any]:
        """What the browser starts from. It reads the rows from the table."""
        return {
            "socket": f"{SOCKET_PATH}?job={self.job.pk}",
            "epoch": str(self.epoch),
            "head": self.snapshot.offset,
            "now": self.now,
            "job": self.snapshot.client_data,
            "started_at": self.job.started_at,
            "finished_at": self.job.finished_at,
            "waiting": self.waiting,
            "is_first_page": self.before is None,
            "has_older": self.has_older,
            "page_size": PAGE_SIZE,
            "timeline": {
                "start": self.timeline.start_ms,
                "width": self.timeline.width_ms,
                "counts": self.timeline.counts,
            },
            "is_cut": self.is_cut,
            "words": job_text.WORDS,
        }


def read_job_page(*, job_id: int, before: int | None, viewer: Any) -> JobPage | None:
    """Returns the job as `viewer` may see it, with its newest accounts or those below the number `before`.

    Reads the job together with its offset, and before the rows. An event between the two reads is then seen twice,
    which is harmless, and never missed. Returns None for an unknown job.
    """
    epoch = position(FEED).epoch
    found = snapshots_of(Job.objects.filter(pk=job_id))
    if not found:
        return None
    snapshot = found[0]
    job, now = snapshot.job, timezone.now()
    may_see_users = viewer.has_perm("auth.view_user")
    accounts = _accounts(job, before) if may_see_users else []
    made, is_cut = _timeline(snapshot)
    seed = job.seed if may_see_users else None
    return JobPage(
        snapshot=snapshot,
        epoch=epoch,
        now=now,
        waiting=registry.waiting_reason(job, now),
        before=before,
        accounts=accounts[:PAGE_SIZE],
        has_older=len(accounts) > PAGE_SIZE,
        timeline=made,
        is_cut=is_cut,
        audit_log=audit_lines(snapshot, viewer=viewer),
        options_text=option_text.sentence(job.options, groups=groups.names_of(job.options.groups), seed=seed),
    )


def _accounts(job: Job, before: int | None) -> list[Account]:
    accounts = job.accounts.select_related("user").order_by("-number")
    return list((accounts if before is None else accounts.filter(number__lt=before))[: PAGE_SIZE + 1])


def _timeline(snapshot: JobSnapshot) -> tuple[Timeline, bool]:
    """Returns the accounts that the job made over time, and whether the log no longer holds its beginning.

    Ends where a removal begins, because removed accounts are events of the job, too.
    """
    job = snapshot.job
    since = job.started_at or job.created_at
    ends = [job.finished_at + END_MARGIN if job.finished_at else None, job.removal_began_at]
    until = min(filter(None, ends), default=None)
    moments = timeline(FEED, str(job.pk), through=snapshot.offset, since=since, before=until)
    is_cut = sum(number for _, number in moments) < job.created
    return timeline_of(moments, start=moments[0][0] if is_cut and moments else since), is_cut
