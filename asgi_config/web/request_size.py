"""How large a request to a page may be. The API has bounds of its own, and words for them."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

TOO_LARGE = "The request is too large: send {most} bytes or fewer.\n"
NO_LENGTH = "Send the body with a Content-Length.\n"

Middleware = Callable[[HttpRequest], HttpResponse] | Callable[[HttpRequest], Awaitable[HttpResponse]]


@sync_and_async_middleware
def request_size_limit(get_response: Any) -> Middleware:
    """Before anything reads it: Django keeps all of a body without a length, and calls one that is too large bad."""

    async def async_middleware(request: HttpRequest) -> HttpResponse:
        return refusal_of(request) or await get_response(request)

    def middleware(request: HttpRequest) -> HttpResponse:
        return refusal_of(request) or get_response(request)

    return async_middleware if iscoroutinefunction(get_response) else middleware


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
