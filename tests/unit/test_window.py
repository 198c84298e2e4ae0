"""A client may have so many bytes unacknowledged, and no more."""

import pytest

from realtime.protocol import Refused
from realtime.window import Window


def test_a_window_is_full_until_enough_is_acknowledged() -> None:
    window = Window(limit=100)
    window.sent(10, 60)
    assert not window.is_full
    window.sent(20, 60)
    assert window.is_full
    window.acknowledge(15)
    assert not window.is_full
    window.acknowledge(20)
    window.sent(30, 99)
    assert not window.is_full


def test_an_ack_beyond_what_was_sent_is_refused() -> None:
    window = Window()
    window.sent(10, 1)
    with pytest.raises(Refused):
        window.acknowledge(11)


def test_a_late_ack_changes_nothing() -> None:
    window = Window(limit=2)
    window.sent(10, 1)
    window.sent(20, 1)
    window.acknowledge(10)
    window.acknowledge(10)
    window.acknowledge(3)
    assert not window.is_full
