"""The limit of one user's connections to this process."""

from contextlib import ExitStack, suppress

import pytest
from pytest_django import Settings

from realtime.endpoints.connection_limits import connections_of, hold_connection
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
