"""Everything under /api/ speaks JSON: errors that Django or its middleware answers become problems, with DEBUG too."""

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
    """An export is written down as taken, so that only GET takes it."""
    return request.path_info.startswith(PREFIX) and not request.path_info.endswith("/credentials")


def _read_head_as_get(request: HttpRequest) -> None:
    """As RFC 9110 has it (9.3.2); the server leaves out the body."""
    if request.method == "HEAD" and _takes_head(request):
        request.method = "GET"


def _worded(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Keeps the headers of the answer, such as Allow."""
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
