"""The limit of one user's connections to this process."""

import asyncio
from contextlib import ExitStack, suppress

import pytest
from pytest_django import Settings

from realtime.endpoints.connection_limits import connections_of, hold_connection, hold_connection_until_sent
from realtime.protocol import CloseCode, Disconnect


@pytest.fixture(autouse=True)
def limit_of_three_connections(settings: Settings) -> None:
    settings.SOCKETS_MAX = 3


def test_a_user_cannot_exceed_the_connection_limit() -> None:
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(hold_connection("ada"))
        with pytest.raises(Disconnect, match="3 connections") as refused, hold_connection("ada"):
            pass
        assert refused.value.code == CloseCode.TOO_MANY
        assert connections_of("ada") == 3


def test_a_refused_user_does_not_use_up_connections_of_others() -> None:
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(hold_connection("ada"))
        with pytest.raises(Disconnect), hold_connection("ada"):
            pass
        with hold_connection("bob"):
            assert connections_of("bob") == 1


def test_a_connection_is_released_after_an_error() -> None:
    for _ in range(10):
        with suppress(ZeroDivisionError), hold_connection("ada"):
            assert connections_of("ada") == 1
            raise ZeroDivisionError
        assert connections_of("ada") == 0


async def answer(sent: asyncio.Event) -> None:
    """Acts as Django: calls a view that counts its connection, then sends the answer in the same task."""
    await view()
    await sent.wait()


async def view() -> None:
    hold_connection_until_sent("ada")


async def test_a_connection_is_counted_until_its_answer_is_sent() -> None:
    sent = asyncio.Event()
    tasks = [asyncio.create_task(answer(sent)) for _ in range(4)]
    done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert [type(task.exception()) for task in done] == [Disconnect]
    assert connections_of("ada") == 3
    waiting.pop().cancel()
    sent.set()
    await asyncio.wait(tasks)
    assert connections_of("ada") == 0
