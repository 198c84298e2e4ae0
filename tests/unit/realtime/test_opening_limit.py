"""The rate at which sockets are opened with one token or session."""

import pytest
from pytest_django import Settings

from realtime.endpoints.connection_limits import OPENED_AT_ONCE, OpeningLimit
from realtime.protocol import CloseCode, Disconnect


@pytest.fixture(autouse=True)
def limit_of_ten_connections(settings: Settings) -> None:
    settings.SOCKETS_MAX = 10


def used_up(limit: OpeningLimit, now: float) -> None:
    for _ in range(OPENED_AT_ONCE * 10):
        limit.take("ada", now)


def test_all_sockets_of_a_user_may_reconnect_four_times_at_once() -> None:
    used_up(limit := OpeningLimit(), 7.0)
    with pytest.raises(Disconnect, match="wait longer") as refused:
        limit.take("ada", 7.0)
    assert refused.value.code == CloseCode.TRY_AGAIN


def test_another_token_is_not_affected() -> None:
    used_up(limit := OpeningLimit(), 7.0)
    limit.take("bob", 7.0)


def test_refused_sockets_do_not_postpone_the_next_one() -> None:
    used_up(limit := OpeningLimit(), 7.0)
    for _ in range(1_000):
        with pytest.raises(Disconnect):
            limit.take("ada", 7.0)
    limit.take("ada", 7.5)


def test_tokens_that_are_not_limited_any_more_are_forgotten() -> None:
    limit = OpeningLimit()
    for number in range(1_000):
        limit.take(number, 7.0)
    used_up(limit, 8.0)
    limit.take("bob", 9.5)
    assert set(limit._rates) == {"ada", "bob"}
