"""Django's ASGI application leaves no answer to the garbage collector."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse

from asgi_config.web.http_handler import HttpHandler

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}


class Answering(HttpHandler):
    """Answers every request itself, and remembers the answer."""

    answer: weakref.ref[HttpResponse]

    async def get_response_async(self, request: HttpRequest) -> HttpResponse:
        response = HttpResponse(b"answer")
        self.answer = weakref.ref(response)
        return response


class Connection:
    """A client that leaves when the answer begins, or when it has it all."""

    def __init__(self, *, leaves_early: bool) -> None:
        self._leaves_early = leaves_early
        self._left = asyncio.Event()
        self._messages = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive(self) -> Any:
        if message := next(self._messages, None):
            return message
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body" or self._leaves_early:
            self._left.set()
        if self._leaves_early:
            await asyncio.Event().wait()


@pytest.fixture
def no_garbage_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_garbage_collector", "db")
@pytest.mark.parametrize("leaves_early", [False, True])
async def test_an_answer_is_freed_when_it_is_sent_or_cut_off(leaves_early: bool) -> None:
    handler, connection = Answering(), Connection(leaves_early=leaves_early)
    async with asyncio.timeout(60):
        await handler(SCOPE, connection.receive, connection.send)
    assert handler.answer() is None
