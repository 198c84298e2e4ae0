"""The record of a job in sentences, oldest first: what people did, and what the job itself went through."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from task.models import Act, Job
from task.pages import job_text
from task.pages.job_list import SeenJob

VERBS = {
    Act.Kind.ASKED: "asked",
    Act.Kind.CANCELLED: "cancelled",
    Act.Kind.RETRIED: "retried",
    Act.Kind.REMOVED: "removal asked for",
    Act.Kind.EXPORTED: "credentials exported",
    Act.Kind.FORGOTTEN: "passwords forgotten",
}


@dataclass(frozen=True, slots=True)
class Line:
    """`at` is None where no time is known."""

    at: datetime | None
    words: str


def lines_of(seen: SeenJob, *, viewer: Any) -> list[Line]:
    """Names of others only for those who may see users; one's own acts are one's own for everybody."""
    names = viewer.has_perm("auth.view_user")
    acts = list(seen.job.acts.all())
    told = [Line(act.at, _act(act, viewer, names)) for act in acts]
    if not any(act.kind == Act.Kind.ASKED for act in acts):
        told.insert(0, Line(seen.job.created_at, "asked"))
    told += _own(seen, was_cancelled=any(act.kind == Act.Kind.CANCELLED for act in acts))
    return sorted(told, key=lambda line: (line.at is None, line.at or seen.job.created_at))


def _act(act: Act, viewer: Any, names: bool) -> str:
    if act.kind == Act.Kind.EXPIRED:
        return "removal began: the time that was asked for had come"
    return " ".join(filter(None, [VERBS[Act.Kind(act.kind)], _whose(act, viewer, names), act.detail]))


def _whose(act: Act, viewer: Any, names: bool) -> str:
    if act.by_id is not None and act.by_id == viewer.pk:
        return "by you"
    if not names:
        return ""
    return f"by {act.by_name}" if act.by_name else "from a shell"


def _own(seen: SeenJob, *, was_cancelled: bool) -> Iterator[Line]:
    job = seen.job
    if job.started_at:
        yield Line(job.started_at, "started")
    if job.finished_at and job.created == job.total:
        yield Line(job.finished_at, "finished")
    elif job.finished_at and not was_cancelled:
        yield Line(job.finished_at, f"failed at {job.created:,} of {job.total:,}")
    if job.state == Job.State.FAILED and job.removal_began_at:
        yield Line(None, "the removal failed")
    if job.removed_at:
        kept = job_text.kept(seen.present)
        yield Line(job.removed_at, f"{seen.removed:,} of {job.created:,} accounts removed{kept}")
