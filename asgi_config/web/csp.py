"""What stands between the server and every page: one constant header, and static files.

All scripts and styles are static files of this host, and nothing else runs. Nothing here blocks a thread while a page
is awaited: a poll that waits would block one for half a minute, and 30 of them kept a stopped daphne alive for good.
Django gives each request an idle thread all the same: 100 polls cost 7 MB.
"""

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)

Middleware = Callable[[HttpRequest], HttpResponse] | Callable[[HttpRequest], Awaitable[HttpResponse]]


@sync_and_async_middleware
def content_security_policy(get_response: Any) -> Middleware:
    def with_policy(response: HttpResponse) -> HttpResponse:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    async def async_middleware(request: HttpRequest) -> HttpResponse:
        return with_policy(await get_response(request))

    def middleware(request: HttpRequest) -> HttpResponse:
        return with_policy(get_response(request))

    return async_middleware if iscoroutinefunction(get_response) else middleware


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise's own is synchronous only. Opening a file takes less than the way into a thread."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        found = super().__call__(request)
        return _awaited(found) if iscoroutinefunction(self) else found


async def _awaited(found: Any) -> Any:
    """A file is there at once; a page is still to come."""
    return await found if isawaitable(found) else found
