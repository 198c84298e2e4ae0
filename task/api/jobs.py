"""Ask for a job, and see those that there are."""

from typing import Annotated, Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from ninja import Header, Query, Router

from task.api.auth import Request, needing
from task.api.errors import Problem
from task.api.idempotency import Disagreement, request_id_of
from task.api.openapi import WRITING, problems
from task.api.paging import page_of
from task.api.schemas import JobFilter, JobPage, JobShown, JobWanted
from task.api.serializers import job_shown, jobs_shown
from task.jobs.start import start_job
from task.models import Job

router = Router(tags=["jobs"])

ONCE = "Any text, a UUID for choice: asking again with the same key and values is the same job."
LARGE = "More than {most} accounts need the permission arrivals.add_large_job: ask for fewer, or for the permission."


@router.post(
    "/jobs",
    auth=needing("arrivals.add_job"),
    response={202: JobShown},
    summary="Ask for a job",
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
    """Accepted as soon as it is kept, also while the queue is away: `waiting` says why it has not begun."""
    user = request.auth
    _require_size_allowed(wanted.total, user)
    started = start_job(
        total=wanted.total,
        requested_by=user,
        options=wanted.options.chosen(),
        request_id=_request_id(idempotency_key, wanted, user),
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
def list_jobs(request: Request, asked: Query[JobFilter]) -> dict[str, Any]:
    page, following = page_of(_matching(asked), by="pk", asked=asked, path=request.path)
    return {"items": jobs_shown(page, request.auth), "next": following}


@router.get(
    "/jobs/{int:job_id}",
    auth=needing("arrivals.view_job"),
    response=JobShown,
    summary="Show a job",
    openapi_extra=problems("not_found"),
)
def show_job(request: Request, job_id: int) -> dict[str, Any]:
    return job_shown(Job.objects.select_related("requested_by").get(pk=job_id), request.auth)


def _matching(asked: JobFilter) -> QuerySet[Job]:
    jobs = Job.objects.select_related("requested_by")
    if asked.state:
        jobs = jobs.filter(state=asked.state)
    return jobs.filter(request_id=asked.request_id) if asked.request_id else jobs


def _require_size_allowed(total: int, user: Any) -> None:
    """What nobody may ask for is left to start_job, which says the bounds."""
    most = settings.GENERATE_MAX_TOTAL
    if most < total <= settings.GENERATE_BULK_MAX and not user.has_perm("arrivals.add_large_job"):
        raise Problem("large_job_not_allowed", LARGE.format(most=most))


def _request_id(key: str | None, wanted: JobWanted, user: Any) -> Any:
    try:
        return request_id_of(key=key, given=wanted.request_id, user_id=user.pk)
    except Disagreement as error:
        raise Problem.invalid("Idempotency-Key", str(error)) from error
