"""Jobs in every state, reached by the product's own actions."""

from typing import Any

from django.test import Client

from task.jobs import actions, removal
from task.jobs.actions import fail
from task.jobs.start import start_job
from task.models import Job, Lane
from task.options import Options
from tests.support.clients.visiting import person, visit
from tests.support.stepping import step

EVERYTHING = ["view_user", "add_job", "view_job", "change_job", "delete_job"]


def operator_visit() -> Client:
    return visit(person("operator", *EVERYTHING))


def start(total: int = 60, *, by: Any = None, hours: int | None = None) -> Job:
    return start_job(total=total, requested_by=by, options=Options(remove_after_hours=hours)).job


def lane_of(job: Job) -> Any:
    return Lane.objects.get(job=job).task_id


def made(job: Job, number: int) -> Job:
    stepped = step(job, lane_of(job), number)
    assert stepped
    return stepped


def removed(job: Job, number: int) -> Job:
    stepped = removal.step(job_id=job.pk, task_id=lane_of(job), size=number)
    assert stepped
    return stepped.job


def job_in(state: str) -> Job:
    """Returns a job in that state, reached by the product's own actions."""
    job = start()
    if state == "finished":
        return made(job, 60)
    if state != "queued":
        job = made(job, 25)
    if state == "failed":
        fail(job_id=job.pk, error="No names are left.")
    if state in {"cancelled", "removing", "removed"}:
        actions.cancel(job_id=job.pk)
    if state in {"removing", "removed"}:
        actions.remove(job_id=job.pk)
        removed(job, 10 if state == "removing" else 25)
    return Job.objects.get(pk=job.pk)
