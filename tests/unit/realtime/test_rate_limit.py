"""How many frames without news a client may send."""

import pytest

from realtime.endpoints.flow_control import FRAMES_A_SECOND, FRAMES_AT_ONCE, RateLimit
from realtime.protocol import CloseCode, Disconnect


def test_a_burst_beyond_the_limit_is_refused() -> None:
    allowance = RateLimit()
    for _ in range(FRAMES_AT_ONCE):
        allowance.take(7.0)
    with pytest.raises(Disconnect) as refused:
        allowance.take(7.0)
    assert refused.value.code == CloseCode.BAD_REQUEST


def test_a_client_within_the_rate_is_never_refused() -> None:
    allowance = RateLimit()
    for frame in range(100 * FRAMES_AT_ONCE):
        allowance.take(frame / FRAMES_A_SECOND)


def test_a_pause_allows_no_larger_burst() -> None:
    allowance = RateLimit()
    for _ in range(FRAMES_AT_ONCE):
        allowance.take(1_000_000.0)
    with pytest.raises(Disconnect):
        allowance.take(1_000_000.0)
