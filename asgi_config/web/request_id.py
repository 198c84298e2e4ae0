"""Gives each request an id, sent in the response and logged on every line that the request causes, also in workers."""

import logging
import time
from uuid import uuid4

from django.http import HttpRequest

from realtime.log_context import log_context, sane_id
from realtime.middleware import Steps, middleware

HEADER = "X-Request-ID"

logger = logging.getLogger(__name__)


def id_of(given: str | None) -> str:
    """Returns the given id if it is safe to log, else a new one."""
    return sane_id(given) or uuid4().hex


@middleware
def request_id(request: HttpRequest) -> Steps:
    """Logs each request without its query, which may hold a sign-in token or a mail address from a search."""
    started_at, name = time.monotonic(), id_of(request.headers.get(HEADER))
    with log_context(request=name):
        response = yield
        level = logging.DEBUG if request.path_info.startswith("/static/") else logging.INFO
        fields = {"status": response.status_code, "ms": round(1000 * (time.monotonic() - started_at))}
        logger.log(level, "%s %s", request.method, request.path_info, extra={"fields": fields})
        response.headers[HEADER] = name
        return response
