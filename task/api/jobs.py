"""Requests, lists and shows jobs."""

from typing import Annotated, Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from ninja import Header, Query, Router

from task.api.auth import Request, needing
from task.api.errors import Problem
from task.api.idempotency import request_id_of
from task.api.openapi import WRITING, problems
from task.api.paging import page_of
from task.api.schemas import JobFilter, JobPage, JobShown, JobWanted
from task.api.serializers import job_shown, jobs_shown
from task.jobs.start import start_job
from task.models import Job

router = Router(tags=["jobs"])

ONCE = "Any text, preferably a UUID. Repeating a request with the same key and values returns the same job."
LARGE = "More than {most} accounts need the permission arrivals.add_large_job: use fewer, or ask an administrator."


@router.post(
    "/jobs",
    auth=needing("arrivals.add_job"),
    response={202: JobShown},
    summary="Request a job",
    openapi_extra=problems(
        *WRITING, "bad_json", "invalid", "large_job_not_allowed", "request_id_reused", "too_many_jobs"
    ),
)
def ask_for_job(
    request: Request,
    response: HttpResponse,
    wanted: JobWanted,
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key", description=ONCE)] = None,
) -> dict[str, Any]:
    """Returns as soon as the job is saved, also while the queue is unavailable: `waiting` is why it has not started."""
    user = request.auth
    _require_size_allowed(wanted.total, user)
    started = start_job(
        total=wanted.total,
        requested_by=user,
        options=wanted.options.chosen(),
        request_id=request_id_of(key=idempotency_key, given=wanted.request_id, user_id=user.pk),
    )
    response.headers["Location"] = reverse("api:show_job", args=[started.job.pk])
    return job_shown(started.job, user)


@router.get(
    "/jobs",
    auth=needing("arrivals.view_job"),
    response=JobPage,
    summary="List jobs, newest first",
    openapi_extra=problems("invalid"),
)
def list_jobs(request: Request, filters: Query[JobFilter]) -> dict[str, Any]:
    page, next_url = page_of(_matching(filters), by="pk", paged=filters, path=request.path)
    return {"items": jobs_shown(page, request.auth), "next": next_url}


@router.get(
    "/jobs/{int:job_id}",
    auth=needing("arrivals.view_job"),
    response=JobShown,
    summary="Show a job",
    openapi_extra=problems("not_found"),
)
def show_job(request: Request, job_id: int) -> dict[str, Any]:
    return job_shown(Job.objects.select_related("requested_by").get(pk=job_id), request.auth)


def _matching(filters: JobFilter) -> QuerySet[Job]:
    jobs = Job.objects.select_related("requested_by")
    if filters.state:
        jobs = jobs.filter(state=filters.state)
    return jobs.filter(request_id=filters.request_id) if filters.request_id else jobs


def _require_size_allowed(total: int, user: Any) -> None:
    """Leaves totals above GENERATE_BULK_MAX to start_job, whose error names the bounds."""
    most = settings.GENERATE_MAX_TOTAL
    if most < total <= settings.GENERATE_BULK_MAX and not user.has_perm("arrivals.add_large_job"):
        raise Problem("large_job_not_allowed", LARGE.format(most=most))
