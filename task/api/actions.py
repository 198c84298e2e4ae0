"""Actions on a job: cancel, retry, remove its accounts, forget their passwords.

Each returns the job and is safe to repeat.
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

ACTION: dict[str, Any] = {"response": {202: JobShown}, "openapi_extra": problems(*WRITING, "not_found", "not_now")}


@router.post("/jobs/{int:job_id}/cancel", auth=needing("arrivals.change_job"), summary="Cancel a job", **ACTION)
def cancel_job(request: Request, job_id: int) -> dict[str, Any]:
    """Ends the job: no account is created after the response. Existing accounts stay."""
    return job_shown(actions.cancel(job_id=job_id, by=request.auth).job, request.auth)


@router.post("/jobs/{int:job_id}/retry", auth=needing("arrivals.change_job"), summary="Retry a failed job", **ACTION)
def retry_job(request: Request, job_id: int) -> dict[str, Any]:
    """Continues the job where it stopped."""
    return job_shown(actions.retry(job_id=job_id, by=request.auth).job, request.auth)


@router.post("/jobs/{int:job_id}/remove", auth=needing("arrivals.delete_job"), summary="Remove its accounts", **ACTION)
def remove_accounts(request: Request, job_id: int) -> dict[str, Any]:
    """Removes the job's accounts in the background, except accounts in use. Continues a removal that failed."""
    return job_shown(actions.remove(job_id=job_id, by=request.auth).job, request.auth)


@router.post(
    "/jobs/{int:job_id}/forget", auth=needing("arrivals.export_credentials"), summary="Forget its passwords", **ACTION
)
def forget_passwords(request: Request, job_id: int) -> dict[str, Any]:
    """Makes the passwords impossible to export, for good. They remain valid for sign-in."""
    return job_shown(actions.forget(job_id=job_id, by=request.auth).job, request.auth)


@router.get(
    "/jobs/{int:job_id}/removal",
    auth=needing("arrivals.delete_job"),
    response=RemovalShown,
    summary="Preview a removal",
    openapi_extra=problems("not_found"),
)
def show_removal(request: Request, job_id: int) -> dict[str, Any]:
    """Counts the accounts that a removal would delete, and the accounts in use that it would keep."""
    preview = removal.preview(Job.objects.get(pk=job_id))
    return {"removes": preview.removes, "keeps": preview.kept, "reasons": dict(preview.keeps)}
