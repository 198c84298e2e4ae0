"""Everything under /api/ speaks JSON: errors that Django or its middleware answers become problems, with DEBUG too."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from task.api.answers import response_of
from task.api.problems import MEDIA_TYPE, Problem

PREFIX = "/api/"

Handler = Callable[[HttpRequest], HttpResponse]


def problems_under_api(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return get_response(request)
        response = _worded(get_response(request))
        response.headers["Cache-Control"] = "no-store"
        return response

    return middleware


def _worded(response: HttpResponse) -> HttpResponse:
    """Keeps the headers of the answer, such as Allow."""
    if response.status_code < 400 or response.headers.get("Content-Type") == MEDIA_TYPE:
        return response
    problem = response_of(Problem.of_status(response.status_code))
    response.content = problem.content
    response.status_code = problem.status_code
    for name, value in problem.items():
        response.headers[name] = value
    response.headers["Content-Length"] = str(len(response.content))
    return response
