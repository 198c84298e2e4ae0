"""Serves static files: WhiteNoise in an asynchronous middleware chain.

A synchronous middleware would block a thread while a page is awaited: half a minute for a long poll, and 30 of them
kept a stopped daphne alive for good. Django still reserves an idle thread for each request: 100 polls cost 7 MB.
"""

from inspect import isawaitable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Opens files on the event loop, because that takes less time than handing the request to a thread."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        found = super().__call__(request)
        return _result(found) if iscoroutinefunction(self) else found


async def _result(found: Any) -> Any:
    """WhiteNoise returns a file's response itself, but a coroutine for a page."""
    return await found if isawaitable(found) else found
