"""The actions that change a job: the confirmation before each, and the message after it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from task.jobs import actions
from task.jobs.removal import preview
from task.models import Job


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """`button` is its label, or None while the action is not possible. `keeps` counts the kept accounts by reason."""

    title: str
    text: str
    button: str | None
    keeps: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Action:
    """`run` takes `job_id` and `by`, and raises Job.DoesNotExist and WrongState."""

    confirm: Callable[[Job], Confirmation]
    run: Callable[..., actions.ActionResult]
    done: str


def confirm_cancel(job: Job) -> Confirmation:
    title = f"Cancel job {job.pk}"
    if not job.may_cancel:
        text = f"Job {job.pk} is {job.state} already. There is nothing left to cancel."
        return Confirmation(title=title, text=text, button=None)
    made = f"Job {job.pk} has made {job.created:,} of {job.total:,} accounts."
    stay = "The one account stays" if job.created == 1 else f"The {job.created:,} accounts stay"
    effect = f"{stay}, and no more are made." if job.created else "No account will be made."
    return Confirmation(title=title, text=f"{made} Cancel it? {effect}", button=title)


def confirm_retry(job: Job) -> Confirmation:
    title = f"Retry job {job.pk}"
    if not job.may_retry:
        return Confirmation(title=title, text=actions.why_no_retry(job), button=None)
    failed = f"Job {job.pk} failed at {job.created:,} of {job.total:,}: {job.error}"
    return Confirmation(title=title, text=f"{failed} Retry it? It continues where it stopped.", button=title)


def confirm_remove(job: Job) -> Confirmation:
    title = f"Undo job {job.pk}"
    if not job.may_remove:
        return Confirmation(title=title, text=_why_no_removal(job), button=None)
    found = preview(job)
    text = f"This permanently removes {_accounts(found.removes)} of job {job.pk}. The job stays in the list of jobs."
    if found.kept:
        text += f" {_accounts(found.kept)} in use {'is' if found.kept == 1 else 'are'} kept:"
    return Confirmation(title=title, text=text, button=f"Remove {_accounts(found.removes)}", keeps=found.keeps)


def confirm_forget(job: Job) -> Confirmation:
    title = f"Forget the passwords of job {job.pk}"
    if not job.may_forget:
        return Confirmation(title=title, text=actions.why_not_forget(job), button=None)
    forgets = f"This permanently forgets the passwords of {_accounts(job.created)}."
    after = "The passwords still work, but can no longer be downloaded. Files downloaded earlier are not affected."
    return Confirmation(title=title, text=f"{forgets} {after}", button="Forget passwords")


ACTIONS: Mapping[str, Action] = {
    "cancel": Action(confirm_cancel, actions.cancel, "Job {job} is cancelled. No more accounts are made."),
    "retry": Action(confirm_retry, actions.retry, "Job {job} is queued again. It continues where it stopped."),
    "forget": Action(confirm_forget, actions.forget, "The passwords of job {job} are forgotten."),
    "remove": Action(confirm_remove, actions.remove, "The removal of the accounts of job {job} has started."),
}


def _why_no_removal(job: Job) -> str:
    if job.may_cancel:
        return f"Job {job.pk} is {job.state}. Cancel it first, then remove its accounts."
    if not job.created:
        return f"Job {job.pk} made no accounts. There is nothing to remove."
    return f"Job {job.pk} is {job.state} already. There is nothing left to remove."


def _accounts(number: int) -> str:
    return f"{number:,} account{'' if number == 1 else 's'}"
