"""Limits the size of requests to pages. The API checks sizes itself and answers in JSON."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from realtime.middleware import Steps, middleware

TOO_LARGE = "The request is too large: send {most} bytes or fewer.\n"
NO_LENGTH = "Send the body with a Content-Length.\n"


@middleware
def request_size_limit(request: HttpRequest) -> Steps:
    """Answers 411 or 413 before Django reads the body.

    Django itself would read a body without a length completely, and answer 400 for one that is too large.
    """
    return refusal_of(request) or (yield)


def refusal_of(request: HttpRequest) -> HttpResponse | None:
    if request.path_info.startswith("/api/"):
        return None
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length and "Transfer-Encoding" in request.headers:
        return HttpResponse(NO_LENGTH, status=411, content_type="text/plain")
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    if length.isdigit() and int(length) > most:
        return HttpResponse(TOO_LARGE.format(most=most), status=413, content_type="text/plain")
    return None
