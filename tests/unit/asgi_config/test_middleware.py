"""The `middleware` decorator, in synchronous and asynchronous chains."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse

from realtime.log_context import fields, log_context
from realtime.middleware import Steps, middleware

Call = Callable[[Any, Callable[[], HttpResponse]], HttpResponse]


def call_sync(decorated: Any, view: Callable[[], HttpResponse]) -> HttpResponse:
    response: HttpResponse = decorated(lambda request: view())(HttpRequest())
    return response


def call_async(decorated: Any, view: Callable[[], HttpResponse]) -> HttpResponse:
    async def get_response(request: HttpRequest) -> HttpResponse:
        return view()

    async def send() -> Any:
        return await decorated(get_response)(HttpRequest())

    response: HttpResponse = async_to_sync(send)()
    return response


def fail() -> HttpResponse:
    raise ValueError("view failed")


@pytest.fixture(params=[call_sync, call_async])
def call(request: pytest.FixtureRequest) -> Call:
    chosen: Call = request.param
    return chosen


def test_middleware_changes_the_response_within_its_context(call: Call) -> None:
    @middleware
    def with_context(request: HttpRequest) -> Steps:
        with log_context(request="r1"):
            response = yield
            response.headers["X-Seen"] = str(fields())
            return response

    response = call(with_context, lambda: HttpResponse(str(fields())))
    assert response.content.decode() == response.headers["X-Seen"] == "{'request': 'r1'}"
    with pytest.raises(ValueError, match="view failed"):
        call(with_context, fail)
    assert fields() == {}


def test_early_return_skips_the_view(call: Call) -> None:
    @middleware
    def refuse(request: HttpRequest) -> Steps:
        return HttpResponse(status=413) or (yield)

    assert call(refuse, fail).status_code == 413


def test_returned_coroutine_is_awaited(call: Call) -> None:
    async def answer() -> HttpResponse:
        return HttpResponse(status=202)

    @middleware
    def health(request: HttpRequest) -> Steps:
        if request:
            return answer()
        return (yield)

    assert call(health, fail).status_code == 202
