"""The credentials of a job's accounts as a file: streamed from the database, part by part, and never kept."""

import logging
from collections.abc import AsyncIterator
from typing import Any

from channels.db import database_sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router

from task.api.auth import authorise
from task.api.errors import Problem
from task.api.openapi import parameter, problems
from task.jobs import credentials
from task.jobs.credential_formats import FORMATS, Format
from task.models import Job

logger = logging.getLogger(__name__)
router = Router(tags=["jobs"])

FILE = {"schema": {"type": "string", "description": "username,email,password, a line each."}}
ROWS = {
    "type": "array",
    "items": {"type": "object", "properties": {name: {"type": "string"} for name in ("username", "email", "password")}},
}
DESCRIBED: dict[str, Any] = problems("not_found", "no_credentials", "invalid")
DESCRIBED["responses"][200] = {
    "description": "OK",
    "content": {"text/csv": FILE, "application/json": {"schema": ROWS}},
}
DESCRIBED["security"] = [{"ByToken": []}, {"BySession": []}]
DESCRIBED["parameters"] = [
    parameter("format", "How it is written.", {"type": "string", "enum": list(FORMATS), "default": "csv"})
]

_read = database_sync_to_async(credentials.read_chunk, thread_sensitive=False)


@router.get("/jobs/{int:job_id}/credentials", auth=None, summary="Export the credentials", openapi_extra=DESCRIBED)
async def export_credentials(request: HttpRequest, job_id: int) -> StreamingHttpResponse:
    """Every account with its password, in the order of their numbers; without one where it was changed.

    The record says who took them. A job at work gives the accounts that are there.
    """
    job, written = await _begin(request, job_id)
    name = f"job-{job.pk}-credentials.{written.name}"
    return StreamingHttpResponse(
        _pieces(job, written),
        content_type=written.content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _permitted(request: HttpRequest, job_id: int) -> tuple[Job, Format]:
    user = authorise(request, "arrivals.export_credentials")
    written = FORMATS.get(request.GET.get("format") or "csv")
    if written is None:
        raise Problem.invalid("format", "format must be csv or json.")
    return credentials.start_export(job_id=job_id, by=user, written_as=written.name), written


_begin = database_sync_to_async(_permitted, thread_sensitive=False)


async def _pieces(job: Job, written: Format) -> AsyncIterator[str]:
    """Asynchronous, as Django would collect all of an ordinary iterator first; each part in a thread of no one else.

    It raises nothing: daphne cannot break off an answer that has begun, leaves the client to wait for ever, and reaps
    no connection from then on, as the error ends its own housekeeping.
    """
    yield written.opening
    try:
        is_first, part = True, await _read(job)
        while part.rows:
            yield written.rows(part.rows, is_first)
            is_first, part = False, await _read(job, part.last)
    except Exception:
        logger.exception("The credentials of job %s could not be read to their end", job.pk)
        yield written.cut_off
        return
    yield written.closing
