"""One decorator that makes a Django middleware for synchronous and asynchronous chains from one function."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import closing
from inspect import isawaitable
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

Middleware = Callable[[HttpRequest], HttpResponse] | Callable[[HttpRequest], Awaitable[HttpResponse]]
Response = HttpResponse | Awaitable[HttpResponse]
Steps = Generator[None, HttpResponse, Response]


def middleware(around: Callable[[HttpRequest], Steps]) -> Callable[[Any], Middleware]:
    """Decorates a generator function of a request.

    Its `yield` returns the response of the view and the later middleware. The generator returns the response for the
    client, or a coroutine that returns it. A return before the `yield` skips the view. An exception of the view closes
    the generator, so its `with` blocks end.
    """

    @sync_and_async_middleware
    def build(get_response: Any) -> Middleware:
        async def async_middleware(request: HttpRequest) -> HttpResponse:
            with closing(around(request)) as steps:
                response = _resume(steps) or _resume(steps, await get_response(request))
                return await _result(response) if isawaitable(response) else response

        def sync_middleware(request: HttpRequest) -> HttpResponse:
            with closing(around(request)) as steps:
                response = _resume(steps) or _resume(steps, get_response(request))
                return async_to_sync(_result)(response) if isawaitable(response) else response

        return async_middleware if iscoroutinefunction(get_response) else sync_middleware

    return build


def _resume(steps: Any, response: HttpResponse | None = None) -> Any:
    """Returns what the generator returns, or None if it stopped at its `yield`."""
    try:
        steps.send(response)
    except StopIteration as end:
        return end.value
    return None


async def _result(response: Awaitable[HttpResponse]) -> HttpResponse:
    return await response
