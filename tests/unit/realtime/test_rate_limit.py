"""How many frames without news a client may send."""

import pytest

from realtime.endpoints.flow_control import FRAMES_A_SECOND, FRAMES_AT_ONCE, RateLimit
from realtime.protocol import CloseCode, Disconnect


def test_so_many_frames_at_once_and_no_more() -> None:
    allowance = RateLimit()
    for _ in range(FRAMES_AT_ONCE):
        allowance.take(7.0)
    with pytest.raises(Disconnect) as refused:
        allowance.take(7.0)
    assert refused.value.code == CloseCode.BAD_REQUEST


def test_a_client_that_says_little_may_do_so_for_ever() -> None:
    allowance = RateLimit()
    for frame in range(100 * FRAMES_AT_ONCE):
        allowance.take(frame / FRAMES_A_SECOND)


def test_a_rest_allows_no_more_than_at_the_beginning() -> None:
    allowance = RateLimit()
    for _ in range(FRAMES_AT_ONCE):
        allowance.take(1_000_000.0)
    with pytest.raises(Disconnect):
        allowance.take(1_000_000.0)
