"""Exports the credentials of a job's accounts as a file, streamed from the database and never stored."""

import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from channels.db import database_sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router

from task.api.auth import authorise_async, require_own_site
from task.api.connections import count_connection
from task.api.errors import Problem
from task.api.openapi import parameter, self_authorised
from task.jobs import credentials
from task.jobs.credential_formats import FORMATS, HEADER, Format
from task.jobs.credentials import Export

logger = logging.getLogger(__name__)
router = Router(tags=["jobs"])

CSV = {"schema": {"type": "string", "description": "One username,email,password,reason line per account."}}
ROWS = {
    "type": "array",
    "items": {"type": "object", "properties": {name: {"type": "string"} for name in HEADER}},
}
OPENAPI: dict[str, Any] = self_authorised(
    *("csrf", "not_found", "no_credentials", "invalid", "too_many_connections"),
    parameters=[parameter("format", "File format.", {"type": "string", "enum": list(FORMATS), "default": "csv"})],
)
OPENAPI["responses"][200] = {
    "description": "OK",
    "content": {"text/csv": CSV, "application/json": {"schema": ROWS}},
}

# Exports read in one thread, so that many at once slow pages down no more than one does.
_one_at_a_time = ThreadPoolExecutor(max_workers=1, thread_name_prefix="export")
_start_export = database_sync_to_async(credentials.start_export, thread_sensitive=False)


@router.get("/jobs/{int:job_id}/credentials", auth=None, summary="Export the credentials", openapi_extra=OPENAPI)
async def export_credentials(request: HttpRequest, job_id: int) -> StreamingHttpResponse:
    """Returns every account with its password, in creation order. `reason` says why a password is empty.

    A password is empty if it was changed, or if the account is staff, a superuser, or has a permission that the caller
    does not have. The audit log records the export. An unfinished job exports the accounts that exist so far. Counts
    towards the user's connection limit until the client has read it.
    """
    user = await authorise_async(request, "arrivals.export_credentials")
    require_own_site(request)
    written = FORMATS.get(request.GET.get("format") or "csv")
    if written is None:
        raise Problem.invalid("format", "format must be csv or json.")
    count_connection(user)
    export = await _start_export(job_id=job_id, by=user, written_as=written.name)
    return StreamingHttpResponse(
        _pieces(export, written),
        content_type=written.content_type,
        headers={"Content-Disposition": f'attachment; filename="job-{export.job.pk}-credentials.{written.name}"'},
    )


async def _pieces(export: Export, written: Format) -> AsyncIterator[str]:
    """Yields the file in pieces, and reads the next one from the database when the client has taken the last.

    Asynchronous, because Django would collect all of a synchronous iterator first. Raises nothing: daphne cannot abort
    a response that has begun. The client would wait for ever, and the error would also end daphne's own cleanup of
    connections.
    """
    yield written.opening
    try:
        text, last = await _read_piece(export, written, 0)
        while text:
            yield text
            text, last = await _read_piece(export, written, last)
    except Exception:
        logger.exception("Export of job %s failed half-way; the file ends with a note", export.job.pk)
        yield written.cut_off
        return
    yield written.closing


def _read_piece_now(export: Export, written: Format, after: int) -> tuple[str, int]:
    """Returns the rows with numbers above `after` as text, and the last of these numbers. No text means the end."""
    chunk = credentials.read_chunk(export, after)
    return written.rows(chunk.rows, not after) if chunk.rows else "", chunk.last


_read_piece = database_sync_to_async(_read_piece_now, thread_sensitive=False, executor=_one_at_a_time)
