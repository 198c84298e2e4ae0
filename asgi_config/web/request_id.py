"""Gives each request an id, which stands in every log line that it causes, in the worker too, and in its answer."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from realtime.log_context import log_context, sane_id

HEADER = "X-Request-ID"

Middleware = Callable[[HttpRequest], HttpResponse] | Callable[[HttpRequest], Awaitable[HttpResponse]]

logger = logging.getLogger(__name__)


def id_of(given: str | None) -> str:
    """The given one if it is sane, else a new one."""
    return sane_id(given) or uuid4().hex


@sync_and_async_middleware
def request_id(get_response: Any) -> Middleware:
    async def async_middleware(request: HttpRequest) -> HttpResponse:
        began, name = time.monotonic(), id_of(request.headers.get(HEADER))
        with log_context(request=name):
            return _noted(request, await get_response(request), name, began)

    def middleware(request: HttpRequest) -> HttpResponse:
        began, name = time.monotonic(), id_of(request.headers.get(HEADER))
        with log_context(request=name):
            return _noted(request, get_response(request), name, began)

    return async_middleware if iscoroutinefunction(get_response) else middleware


def _noted(request: HttpRequest, response: HttpResponse, name: str, began: float) -> HttpResponse:
    """Without the query: it may hold the token of a sign-in link, or the mail address that somebody looks for."""
    level = logging.DEBUG if request.path_info.startswith("/static/") else logging.INFO
    fields = {"status": response.status_code, "ms": round(1000 * (time.monotonic() - began))}
    logger.log(level, "%s %s", request.method, request.path_info, extra={"fields": fields})
    response.headers[HEADER] = name
    return response
