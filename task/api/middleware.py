"""Makes every error under /api/ JSON, including errors of Django and of other middleware, and with DEBUG."""

from django.http import HttpRequest, HttpResponse

from realtime.middleware import Steps, middleware
from task.api.errors import MEDIA_TYPE, Problem, response_of

PREFIX = "/api/"


@middleware
def problems_under_api(request: HttpRequest) -> Steps:
    """Answers HEAD as GET (RFC 9110, 9.3.2), because the server leaves out the body."""
    if request.method == "HEAD" and _takes_head(request):
        request.method = "GET"
    response = yield
    if f"{request.path_info}/".startswith(PREFIX):
        response.headers["Cache-Control"] = "no-store"
        if "GET" in response.headers.get("Allow", "") and _takes_head(request):
            response.headers["Allow"] += ", HEAD"
        if response.status_code >= 400 and response.headers.get("Content-Type") != MEDIA_TYPE:
            _replace_with_problem(response)
    return response


def _takes_head(request: HttpRequest) -> bool:
    """Excludes the export of credentials, because a GET records it as taken."""
    return request.path_info.startswith(PREFIX) and not request.path_info.endswith("/credentials")


def _replace_with_problem(response: HttpResponse) -> None:
    """Changes the response in place, so headers such as Allow stay."""
    problem = response_of(Problem.of_status(response.status_code))
    response.content, response.status_code = problem.content, problem.status_code
    for name, value in problem.items():
        response.headers[name] = value
    response.headers["Content-Length"] = str(len(response.content))
