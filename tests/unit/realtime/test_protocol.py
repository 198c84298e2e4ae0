"""The wire protocol as values: every rule of docs/protocol.md that needs no socket."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime import protocol
from realtime.protocol import Batch, CloseCode, Cursor, Disconnect, Position, Subscription

EPOCH = UUID("00000000-0000-4000-8000-000000000001")
POSITION = Position(epoch=EPOCH, head=100, floor=10)


def parse(query: str) -> Subscription:
    return protocol.parse_subscription(query, "job")


def test_a_client_without_a_cursor_starts_at_the_head() -> None:
    assert parse("").start(POSITION) == (Cursor(EPOCH, 100), None)


def test_after_0_without_epoch_starts_at_the_floor() -> None:
    assert parse("after=0").start(POSITION) == (Cursor(EPOCH, 10), None)


@pytest.mark.parametrize("offset", [10, 55, 100])
def test_a_cursor_within_the_log_is_honoured(offset: int) -> None:
    assert parse(f"after={offset}&epoch={EPOCH}").start(POSITION) == (Cursor(EPOCH, offset), None)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (f"after=9&epoch={EPOCH}", "trimmed"),
        (f"after=0&epoch={EPOCH}", "trimmed"),
        (f"after=101&epoch={EPOCH}", "ahead"),
        (f"after=50&epoch={UUID(int=5)}", "epoch"),
    ],
)
def test_any_other_cursor_is_reset_to_the_head(query: str, reason: str) -> None:
    assert parse(query).start(POSITION) == (Cursor(EPOCH, 100), reason)


@pytest.mark.parametrize(
    "query",
    ["after=5", "after=-1", "after=x", "after=", "after=1e3", "after=٣", f"after={'9' * 19}", f"epoch={EPOCH}"]
    + [f"after=1&epoch={bad}" for bad in ("x", "1", EPOCH.hex[:-1])]
    + ["job=", "job=x", "job=-1", f"job={'1' * 20}"],
)
def test_a_malformed_subscription_is_refused_for_good(query: str) -> None:
    with pytest.raises(Disconnect) as refused:
        parse(query)
    assert refused.value.code == CloseCode.BAD_REQUEST


def test_an_empty_epoch_counts_as_none() -> None:
    assert parse("after=0&epoch=") == parse("after=0")
    assert parse("epoch=") == parse("")


def test_the_last_of_repeated_parameters_counts() -> None:
    assert parse(f"after=x&after=5&epoch=x&epoch={EPOCH}&job=&job=7") == Subscription(5, EPOCH, "7")


def test_the_job_parameter_is_the_key_of_the_filter() -> None:
    assert parse("job=7").key == parse("job=007").key == "7"


@pytest.mark.parametrize("offered", [[], [protocol.SUBPROTOCOL], ["other", protocol.SUBPROTOCOL]])
def test_a_client_that_offers_version_1_or_none_is_accepted(offered: list[str]) -> None:
    protocol.require_version(offered)


def test_another_version_is_refused() -> None:
    with pytest.raises(Disconnect):
        protocol.require_version(["arrivals.v2"])


def test_an_ack_is_read() -> None:
    assert protocol.parse_ack('{"type":"ack","offset":7,"more":1}') == 7


def test_an_unknown_message_is_ignored() -> None:
    assert protocol.parse_ack('{"type":"wave"}') is None


@pytest.mark.parametrize(
    "text",
    [None, "", "{", "[]", "7", '{"type":"ack"}', '{"type":"ack","offset":"7"}', '{"type":"ack","offset":true}']
    + ['{"type":"ack","offset":7,"pad":"' + "x" * 1024 + '"}', "[" * 1000],
)
def test_a_malformed_message_is_refused(text: str | None) -> None:
    with pytest.raises(Disconnect):
        protocol.parse_ack(text)


@given(
    events=st.lists(st.text(max_size=300).map(lambda text: json.dumps({"type": "t", "text": text})), min_size=1),
    first=st.integers(min_value=1, max_value=10**12),
)
def test_rows_hold_every_event_once_with_its_offset_and_keep_the_limits(events: list[str], first: int) -> None:
    rows = list(protocol.pack(events, first))
    frames = [json.loads(Batch.stored(*row[:2], "", row[2]).frame) for row in rows]
    sent = [event for frame in frames for event in frame["events"]]
    assert [event["offset"] for event in sent] == list(range(first, first + len(events)))
    assert [event["text"] for event in sent] == [json.loads(event)["text"] for event in events]
    for frame, row in zip(frames, rows, strict=True):
        assert frame["first"] == frame["events"][0]["offset"]
        assert frame["last"] == frame["events"][-1]["offset"]
        assert len(frame["events"]) <= protocol.BATCH_EVENTS
        assert len(row[2]) <= protocol.BATCH_BYTES + 2


def test_many_large_events_fill_several_rows() -> None:
    event = json.dumps({"type": "t", "text": "x" * 1000})
    rows = list(protocol.pack([event] * 500, 1))
    assert len(rows) > 500 * 1000 // protocol.BATCH_BYTES
    assert max(len(payload) for _, _, payload in rows) <= protocol.BATCH_BYTES


def test_the_servers_messages_are_as_documented() -> None:
    assert json.loads(protocol.hello("users", POSITION, 55, 15)) == {
        "type": "hello",
        "feed": "users",
        "epoch": str(EPOCH),
        "head": 100,
        "after": 55,
        "heartbeat_s": 15,
        "window_bytes": 1048576,
    }
    assert json.loads(protocol.reset(POSITION, "trimmed")) == {
        "type": "reset",
        "epoch": str(EPOCH),
        "head": 100,
        "reason": "trimmed",
    }
    assert json.loads(protocol.heartbeat(7)) == {"type": "heartbeat", "head": 7}


@pytest.mark.parametrize(("seconds", "text"), [(15.0, "15"), (15, "15"), (0.4, "0.4")])
def test_whole_seconds_are_whole_numbers(seconds: float, text: str) -> None:
    assert f'"heartbeat_s":{text},' in protocol.hello("users", POSITION, 55, seconds)


@pytest.mark.parametrize(
    ("offered", "token"),
    [
        ([], None),
        (["arrivals.v1"], None),
        (["arrivals.v1", "arrivals.bearer.arr_x"], "arr_x"),
        (["arrivals.bearer.arr_x", "arrivals.bearer.arr_y", "arrivals.v1"], "arr_x"),
        (["arrivals.bearer."], ""),
        (["xarrivals.bearer.arr_x"], None),
    ],
)
def test_a_token_is_offered_next_to_the_version(offered: list[str], token: str | None) -> None:
    assert protocol.offered_token(offered) == token
