"""The audit log of a job in sentences, oldest first: what users did, and the job's own milestones."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from task.models import Act, Job
from task.pages.job_list import JobSnapshot

MOST_ACTS = 50
VERBS = {
    Act.Kind.ASKED: "requested",
    Act.Kind.CANCELLED: "cancelled",
    Act.Kind.RETRIED: "retried",
    Act.Kind.REMOVED: "removal requested",
    Act.Kind.EXPORTED: "credentials exported",
    Act.Kind.FORGOTTEN: "passwords forgotten",
}


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`at` is None where the time is not known."""

    at: datetime | None
    text: str


def audit_lines(snapshot: JobSnapshot, *, viewer: Any) -> list[AuditLine]:
    """Returns at most MOST_ACTS acts besides the request: 2,000 exports made the page 389 KB for every viewer.

    Names other users only to a viewer with `auth.view_user`. Every viewer sees their own acts as "by you".
    """
    job = snapshot.job
    shows_names = viewer.has_perm("auth.view_user")
    asked = job.acts.filter(kind=Act.Kind.ASKED).first()
    others = job.acts.exclude(kind=Act.Kind.ASKED)
    newest = list(others.order_by("-pk")[:MOST_ACTS])
    lines = [AuditLine(job.created_at, _act_text(asked, viewer, shows_names) if asked else "requested")]
    if len(newest) == MOST_ACTS and (hidden := others.count() - MOST_ACTS):
        lines.append(AuditLine(newest[-1].at, f"{hidden:,} earlier entries are in the admin only"))
    lines += [AuditLine(act.at, _act_text(act, viewer, shows_names)) for act in reversed(newest)]
    was_cancelled = others.filter(kind=Act.Kind.CANCELLED).exists()
    lines += _milestones(snapshot, was_cancelled=was_cancelled)
    return sorted(lines, key=lambda line: (line.at is None, line.at or job.created_at))


def _act_text(act: Act, viewer: Any, shows_names: bool) -> str:
    if act.kind == Act.Kind.EXPIRED:
        return "removal started at the scheduled time"
    if act.by_id is not None and act.by_id == viewer.pk:
        actor = "by you"
    elif shows_names:
        actor = f"by {act.by_name}" if act.by_name else "from the command line"
    else:
        actor = ""
    return " ".join(filter(None, [VERBS[Act.Kind(act.kind)], actor, act.detail]))


def _milestones(snapshot: JobSnapshot, *, was_cancelled: bool) -> Iterator[AuditLine]:
    job = snapshot.job
    if job.started_at:
        yield AuditLine(job.started_at, "started")
    if job.finished_at and job.created == job.total:
        yield AuditLine(job.finished_at, "finished")
    elif job.finished_at and not was_cancelled:
        yield AuditLine(job.finished_at, f"failed at {job.created:,} of {job.total:,}")
    if job.state == Job.State.FAILED and job.removal_began_at:
        yield AuditLine(None, "the removal failed")
    if job.removed_at:
        kept = f", {snapshot.present:,} kept" if snapshot.present else ""
        yield AuditLine(job.removed_at, f"{snapshot.removed:,} of {job.created:,} accounts removed{kept}")
