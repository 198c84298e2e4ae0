"""Turns every error response under /api/ into a JSON problem, also those of Django, its middleware and DEBUG."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from task.api.errors import MEDIA_TYPE, Problem, response_of

PREFIX = "/api/"

Middleware = Callable[[HttpRequest], HttpResponse] | Callable[[HttpRequest], Awaitable[HttpResponse]]


@sync_and_async_middleware
def problems_under_api(get_response: Any) -> Middleware:
    async def async_middleware(request: HttpRequest) -> HttpResponse:
        _read_head_as_get(request)
        return _worded(request, await get_response(request))

    def middleware(request: HttpRequest) -> HttpResponse:
        _read_head_as_get(request)
        return _worded(request, get_response(request))

    return async_middleware if iscoroutinefunction(get_response) else middleware


def _takes_head(request: HttpRequest) -> bool:
    """Excludes exports: each one is written to the audit log, so only GET may make one."""
    return request.path_info.startswith(PREFIX) and not request.path_info.endswith("/credentials")


def _read_head_as_get(request: HttpRequest) -> None:
    """RFC 9110, 9.3.2. The server leaves out the body."""
    if request.method == "HEAD" and _takes_head(request):
        request.method = "GET"


def _worded(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Replaces the body of an error, and keeps its other headers, such as Allow."""
    if not f"{request.path_info}/".startswith(PREFIX):
        return response
    response.headers["Cache-Control"] = "no-store"
    if "GET" in response.headers.get("Allow", "") and _takes_head(request):
        response.headers["Allow"] += ", HEAD"
    if response.status_code >= 400 and response.headers.get("Content-Type") != MEDIA_TYPE:
        problem = response_of(Problem.of_status(response.status_code))
        response.content, response.status_code = problem.content, problem.status_code
        for name, value in problem.items():
            response.headers[name] = value
        response.headers["Content-Length"] = str(len(response.content))
    return response
