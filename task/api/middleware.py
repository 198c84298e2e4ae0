"""Makes every error under /api/ JSON, including errors of Django and of other middleware, and with DEBUG."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from realtime.middleware import Steps, middleware
from task.api.errors import MEDIA_TYPE, Problem, response_of

PREFIX = "/api/"
NO_TLS = "HTTPS required: use https:// in the URL."
TOKEN_SEEN = "The token was sent in clear, so others may know it: revoke it and create another."  # noqa: S105


@middleware
def problems_under_api(request: HttpRequest) -> Steps:
    """Answers HEAD as GET (RFC 9110, 9.3.2), because the server leaves out the body."""
    if request.method == "HEAD" and _takes_head(request):
        request.method = "GET"
    is_api = f"{request.path_info}/".startswith(PREFIX)
    response = _refusal_without_tls(request) if is_api else None
    response = response or (yield)
    if is_api:
        response.headers["Cache-Control"] = "no-store"
        if "GET" in response.headers.get("Allow", "") and _takes_head(request):
            response.headers["Allow"] += ", HEAD"
        if response.status_code >= 400 and response.headers.get("Content-Type") != MEDIA_TYPE:
            _replace_with_problem(response)
    return response


def _refusal_without_tls(request: HttpRequest) -> HttpResponse | None:
    """Returns a problem where Django would redirect to HTTPS, because a client would send each token in clear first."""
    if not settings.SECURE_SSL_REDIRECT or request.is_secure():
        return None
    sentences = [NO_TLS, TOKEN_SEEN] if "Authorization" in request.headers else [NO_TLS]
    return response_of(Problem("https_required", " ".join(sentences)))


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
