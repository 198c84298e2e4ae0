"""The response of a long poll, built from stored texts."""

import json
from uuid import UUID

import pytest

from realtime.endpoints.poll import PollResult, events_after, to_json
from realtime.protocol import Batch, Cursor, pack

EPOCH = UUID(int=7)
EVENTS = ['{"type":"test","text":"[{\\"a\\":1}],"}', '{"type": "other", "list": [1, 2]}', '{"type":"é"}']


def batch(first: int = 5) -> Batch:
    [(start, last, payload)] = pack(EVENTS, first)
    return Batch.stored(start, last, "", payload)


def found(offset: int, *batches: Batch) -> PollResult:
    return PollResult(Cursor(EPOCH, offset), batches, batches[-1].last if batches else offset, 99)


def test_event_texts_are_used_as_stored() -> None:
    assert batch().frame.endswith(f'"events":[{events_after(batch(), 4)}]}}')


@pytest.mark.parametrize("offset", [0, 4, 5, 6])
def test_events_at_or_below_the_cursor_are_left_out(offset: int) -> None:
    texts = events_after(batch(), offset)
    assert texts in batch().frame
    assert [event["offset"] for event in json.loads(f"[{texts}]")] == [n for n in (5, 6, 7) if n > offset]


def test_a_response_joins_batches_and_has_the_next_cursor() -> None:
    content = json.loads(to_json(found(5, batch(), batch(8))))
    assert [event["offset"] for event in content["events"]] == [6, 7, 8, 9, 10]
    assert (content["epoch"], content["last"], content["head"]) == (str(EPOCH), 10, 99)


def test_an_empty_response_has_the_cursor_that_was_reached() -> None:
    assert json.loads(to_json(found(5))) == {"epoch": str(EPOCH), "head": 99, "last": 5, "events": []}
