"""The limit of a client's frames that acknowledge nothing new."""

import pytest

from realtime.endpoints.flow_control import FRAMES_A_SECOND, FRAMES_AT_ONCE, RateLimit
from realtime.protocol import CloseCode, Disconnect


def test_a_burst_beyond_the_limit_is_refused() -> None:
    rate_limit = RateLimit()
    for _ in range(FRAMES_AT_ONCE):
        rate_limit.take(7.0)
    with pytest.raises(Disconnect) as refused:
        rate_limit.take(7.0)
    assert refused.value.code == CloseCode.BAD_REQUEST


def test_a_client_within_the_rate_is_never_refused() -> None:
    rate_limit = RateLimit()
    for frame in range(100 * FRAMES_AT_ONCE):
        rate_limit.take(frame / FRAMES_A_SECOND)


def test_a_pause_allows_no_larger_burst() -> None:
    rate_limit = RateLimit()
    for _ in range(FRAMES_AT_ONCE):
        rate_limit.take(1_000_000.0)
    with pytest.raises(Disconnect):
        rate_limit.take(1_000_000.0)
