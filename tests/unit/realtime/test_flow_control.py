"""The window limits how many bytes a client may have unacknowledged."""

import pytest

from realtime.endpoints.flow_control import Window
from realtime.protocol import Disconnect


def test_a_window_is_full_until_enough_is_acknowledged() -> None:
    window = Window(limit=100)
    window.sent(1, 10, 60)
    assert not window.is_full
    window.sent(11, 20, 60)
    assert window.is_full
    window.acknowledge(15)
    assert not window.is_full
    window.acknowledge(20)
    window.sent(21, 30, 99)
    assert not window.is_full


def test_an_ack_beyond_the_last_sent_offset_is_refused() -> None:
    window = Window()
    window.sent(1, 10, 1)
    with pytest.raises(Disconnect):
        window.acknowledge(11)


def test_a_late_ack_changes_nothing() -> None:
    window = Window(limit=2)
    window.sent(1, 10, 1)
    window.sent(11, 20, 1)
    window.acknowledge(10)
    window.acknowledge(10)
    window.acknowledge(3)
    assert not window.is_full


def test_an_ack_of_part_of_a_batch_makes_no_room() -> None:
    window = Window(limit=1)
    window.sent(1, 10, 1)
    window.acknowledge(9)
    assert window.is_full


def test_an_ack_of_each_event_is_new_once() -> None:
    window = Window()
    window.sent(1, 10, 1)
    window.sent(11, 20, 1)
    assert all(window.acknowledge(offset) for offset in range(1, 21))
    assert not any(window.acknowledge(offset) for offset in range(21))


def test_an_ack_below_the_last_one_is_not_new() -> None:
    window = Window()
    window.sent(1, 10, 1)
    assert [window.acknowledge(offset) for offset in (5, 4, 5, 6)] == [True, False, False, True]


def test_an_ack_between_two_batches_is_not_new() -> None:
    """A filter skips offsets between batches. A client that acknowledged all of them would flood the server."""
    window = Window()
    window.sent_offset = 100
    window.sent(1_001, 1_010, 1)
    assert not any(window.acknowledge(offset) for offset in range(1_001))
    assert window.acknowledge(1_001)
