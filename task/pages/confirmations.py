"""What a page asks before something is done to a job, and the act itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from task.jobs import actions
from task.jobs.removal import preview
from task.models import Job


@dataclass(frozen=True, kw_only=True)
class Question:
    """`does` is the button, None where it cannot be done now; `keeps` says how many accounts stay, and why."""

    title: str
    says: str
    does: str | None
    keeps: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Steer:
    """An act: what is asked first, what does it, and what is said afterwards."""

    ask: Callable[[Job], Question]
    do: Callable[..., actions.ActionResult]
    done: str


def ask_cancel(job: Job) -> Question:
    made = f"Job {job.pk} has made {job.created:,} of {job.total:,}."
    return Question(
        title=f"Cancel job {job.pk}",
        says=f"{made} Cancel it? {_stay(job.created)}, and no more are made." if job.may_cancel else _no_cancel(job),
        does=f"Cancel job {job.pk}" if job.may_cancel else None,
    )


def ask_retry(job: Job) -> Question:
    place = f"Job {job.pk} failed at {job.created:,} of {job.total:,}: {job.error}"
    return Question(
        title=f"Retry job {job.pk}",
        says=f"{place} Retry it? It goes on where it stopped." if job.may_retry else actions.why_no_retry(job),
        does=f"Retry job {job.pk}" if job.may_retry else None,
    )


def ask_remove(job: Job) -> Question:
    title = f"Undo job {job.pk}"
    if not job.may_remove:
        return Question(title=title, says=_no_removal(job), does=None)
    found = preview(job)
    says = f"This removes {_accounts(found.removes)} of job {job.pk} for good. The job itself stays as a record."
    if found.kept:
        says += f" {found.kept:,} in use {'is' if found.kept == 1 else 'are'} kept:"
    return Question(title=title, says=says, does=f"Remove {_accounts(found.removes)}", keeps=found.keeps)


def ask_forget(job: Job) -> Question:
    says = "They go on working, but nobody can export them again. Files that were downloaded stay."
    return Question(
        title=f"Forget the passwords of job {job.pk}",
        says=f"This forgets the passwords of {_accounts(job.created)} for good. {says}"
        if job.may_forget
        else actions.why_not_forget(job),
        does="Forget passwords" if job.may_forget else None,
    )


STEERS: Mapping[str, Steer] = {
    "cancel": Steer(ask_cancel, actions.cancel, "Job {job} is cancelled. No more accounts are made."),
    "retry": Steer(ask_retry, actions.retry, "Job {job} is queued again. It goes on where it stopped."),
    "forget": Steer(ask_forget, actions.forget, "The passwords of job {job} are forgotten."),
    "remove": Steer(ask_remove, actions.remove, "The accounts of job {job} are being removed."),
}


def steer(act: str, *, job_id: int, by: Any) -> actions.ActionResult:
    """Raises Job.DoesNotExist and steering.WrongState."""
    return STEERS[act].do(job_id=job_id, by=by)


def _no_cancel(job: Job) -> str:
    return f"Job {job.pk} has ended already: it is {job.state}. There is nothing left to cancel."


def _no_removal(job: Job) -> str:
    if job.may_cancel:
        return f"Job {job.pk} is {job.state}: cancel it first, then remove its accounts."
    if not job.created:
        return f"Job {job.pk} made no accounts. There is nothing to remove."
    return f"Job {job.pk} is {job.state} already. There is nothing left to remove."


def _stay(number: int) -> str:
    return {0: "None was made", 1: "The one account stays"}.get(number, f"The {number:,} accounts stay")


def _accounts(number: int) -> str:
    return f"{number:,} account{'' if number == 1 else 's'}"
