"""What can be done to a job: cancel, retry, remove its accounts, forget their passwords.

Each answers with the job, as often as asked.
"""

from typing import Any

from ninja import Router

from task.api.auth import Request, needing
from task.api.openapi import WRITING, problems
from task.api.schemas import JobShown, RemovalShown
from task.api.serializers import job_shown
from task.jobs import actions, removal
from task.models import Job

router = Router(tags=["jobs"])

STEERED: dict[str, Any] = {"response": {202: JobShown}, "openapi_extra": problems(*WRITING, "not_found", "not_now")}


@router.post("/jobs/{int:job_id}/cancel", auth=needing("arrivals.change_job"), summary="Cancel a job", **STEERED)
def cancel_job(request: Request, job_id: int) -> dict[str, Any]:
    """After the answer not one account of it is made; those that it has made stay."""
    return job_shown(actions.cancel(job_id=job_id, by=request.auth).job, request.auth)


@router.post("/jobs/{int:job_id}/retry", auth=needing("arrivals.change_job"), summary="Retry a failed job", **STEERED)
def retry_job(request: Request, job_id: int) -> dict[str, Any]:
    """It goes on where it stopped."""
    return job_shown(actions.retry(job_id=job_id, by=request.auth).job, request.auth)


@router.post("/jobs/{int:job_id}/remove", auth=needing("arrivals.delete_job"), summary="Remove its accounts", **STEERED)
def remove_accounts(request: Request, job_id: int) -> dict[str, Any]:
    """In the background, all but those in use; a removal that failed goes on."""
    return job_shown(actions.remove(job_id=job_id, by=request.auth).job, request.auth)


@router.post(
    "/jobs/{int:job_id}/forget", auth=needing("arrivals.export_credentials"), summary="Forget its passwords", **STEERED
)
def forget_passwords(request: Request, job_id: int) -> dict[str, Any]:
    """For good: they go on working, and nobody can export them again."""
    return job_shown(actions.forget(job_id=job_id, by=request.auth).job, request.auth)


@router.get(
    "/jobs/{int:job_id}/removal",
    auth=needing("arrivals.delete_job"),
    response=RemovalShown,
    summary="Say what a removal would do",
    openapi_extra=problems("not_found"),
)
def show_removal(request: Request, job_id: int) -> dict[str, Any]:
    """Accounts that somebody has begun to use are kept."""
    preview = removal.preview(Job.objects.get(pk=job_id))
    return {"removes": preview.removes, "keeps": preview.kept, "reasons": dict(preview.keeps)}
