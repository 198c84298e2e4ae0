"""docs/asyncapi.yaml is a valid AsyncAPI 3 document and agrees with the code."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from jsonschema_rs import Draft7Validator, Draft202012Validator

from realtime import protocol
from realtime.endpoints import connection_limits, flow_control
from realtime.protocol import Batch, CloseCode, Disconnect, Position
from task import events
from task.api.urls import api
from task.models import Job
from tests.support.clients import wire
from tests.support.services.service import ROOT

SCHEMA = json.loads((ROOT / "tests" / "asyncapi" / "schema-3.0.0.json").read_text())
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()
EXAMPLES = [
    (name, example["payload"])
    for name, message in wire.DOCUMENT["components"]["messages"].items()
    for example in message["examples"]
]
EVENTS = [event for name, example in EXAMPLES if name == "events" for event in example["events"]]
OPENAPI = api.get_openapi_schema()
ALL_MESSAGES = wire.FROM_SERVER | wire.FROM_CLIENT


def faults_of(document: Any) -> list[str]:
    return [error.message for error in Draft7Validator(SCHEMA).iter_errors(json.loads(json.dumps(document)))]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from references(one)


def found(reference: str) -> Any:
    part: Any = wire.DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        part = part[step]
    return part


def test_the_document_is_valid_asyncapi() -> None:
    assert faults_of(wire.DOCUMENT) == []


@pytest.mark.parametrize("missing", ["asyncapi", "info"])
def test_a_document_without_a_required_part_is_not_valid(missing: str) -> None:
    assert faults_of({name: part for name, part in wire.DOCUMENT.items() if name != missing})


def test_every_reference_has_a_target() -> None:
    assert all(found(reference) for reference in references(wire.DOCUMENT))


def test_every_schema_is_valid_json_schema() -> None:
    for schema in wire.SCHEMAS.values():
        Draft7Validator({"components": {"schemas": wire.SCHEMAS}, **schema})


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_every_example_matches_its_message(name: str, example: dict[str, Any]) -> None:
    assert example["type"] == name
    wire.require_documented(json.dumps(example), of=ALL_MESSAGES)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_with_an_added_or_missing_field_is_not_documented(name: str, example: dict[str, Any]) -> None:
    more = json.dumps({**example, "weather": "fair"})
    assert wire.fault_of(more, of=ALL_MESSAGES, closed=True)
    assert not wire.fault_of(more, of=ALL_MESSAGES)
    for field in set(example) - {"type"}:
        less = {kept: value for kept, value in example.items() if kept != field}
        assert wire.fault_of(json.dumps(less), of=ALL_MESSAGES)


@pytest.mark.parametrize("frame", [b"{}", "{", "[]", "{}", '{"type":"wave"}'])
def test_an_unknown_or_malformed_message_is_not_documented(frame: str | bytes) -> None:
    assert wire.fault_of(frame, closed=True)


def test_each_event_type_has_an_example() -> None:
    assert {event["type"] for event in EVENTS} == wire.EVENT_TYPES


def test_readers_accept_an_unknown_event_type_but_the_document_must_have_it() -> None:
    frame = '{"type":"events","first":1,"last":1,"events":[{"offset":1,"type":"user.renamed","to":"ada"}]}'
    assert not wire.fault_of(frame)
    assert wire.fault_of(frame, closed=True)


def test_the_document_has_every_event_type() -> None:
    states = {f"job.{state}" for state in Job.State.values}
    assert states - {"job.running"} | {"job.started", "user.created", "user.removed"} == wire.EVENT_TYPES


def test_the_texts_of_events_are_as_documented() -> None:
    joined_at, user = "2026-01-01T12:00:00.000Z", events.user_fields("a", "a@example.com")
    texts = [
        events.user_created(user_id=1, user=user, joined_at=joined_at, job=events.job_fields(1, 1, 50)),
        events.user_created(user_id="0b5c", user=user, joined_at=joined_at),
        events.user_removed(user_id=1, username="a", job_id=None),
        events.job_changed("failed", job_id=1, total=50, created=0, error="No."),
        events.job_changed("removing", job_id=1, total=50, created=0),
    ]
    (first, last, payload), *_ = protocol.pack(texts, 1)
    wire.require_documented(Batch.stored(first, last, "", payload).frame)


def test_the_other_messages_are_as_documented() -> None:
    position = Position(UUID(int=1), 5, 0)
    for text in (protocol.hello("users", position, 5, 15), protocol.heartbeat(5), protocol.reset(position, "ahead")):
        wire.require_documented(text)


def test_the_document_has_every_close_code_and_whether_to_retry() -> None:
    codes = wire.CHANNEL["x-close-codes"]
    assert {int(code) for code in CloseCode} <= codes.keys()
    for code, meaning in codes.items():
        assert meaning["retry"] == (code < 4500)
        assert re.search(rf"^\| {code} +\| {meaning['name']} ", PROTOCOL, re.M)


def test_the_document_has_the_limits_of_the_code() -> None:
    limits = wire.CHANNEL["x-limits"]
    assert (
        limits["events-in-a-batch"]
        == protocol.BATCH_EVENTS
        == wire.SCHEMAS["events"]["properties"]["events"]["maxItems"]
    )
    assert limits["characters-in-a-frame-from-the-client"] == protocol.INBOUND_CHARACTERS
    assert limits["seconds-with-a-full-window"] == settings.TOO_SLOW_SECONDS
    assert limits["frames-at-once-that-acknowledge-nothing-new"] == flow_control.FRAMES_AT_ONCE
    for kind in ("frames{}-that-acknowledge-nothing-new", "pings-pongs-and-fragments{}"):
        assert limits[kind.format("-at-once")] == flow_control.FRAMES_AT_ONCE
        assert limits[kind.format("-a-second")] == flow_control.FRAMES_A_SECOND


def test_the_document_has_the_limits_of_the_web_process() -> None:
    limits = wire.CHANNEL["x-limits"]
    at_once, a_second = (limits[f"new-sockets-{rate}-with-one-token-or-session"] for rate in ("at-once", "a-second"))
    assert at_once == connection_limits.OPENED_AT_ONCE * settings.SOCKETS_MAX
    assert a_second == settings.SOCKETS_MAX / connection_limits.REFILL_SECONDS
    options = (ROOT / "asgi_config" / "web" / "__main__.py").read_text()
    assert f'"--ping-interval", "{limits["seconds-until-a-ping"]}"' in options
    assert f'"--ping-timeout", "{limits["seconds-until-the-pong-of-a-ping"]}"' in options


def test_frames_do_not_exceed_the_documented_length() -> None:
    user = events.user_fields("\N{GRINNING FACE}" * 150, "\N{GRINNING FACE}" * 254)
    text = events.user_created(user_id=UUID(int=1), user=user, joined_at="2026-01-01T12:00:00.000Z")
    rows = list(protocol.pack([text] * protocol.BATCH_EVENTS, 10**protocol.OFFSET_DIGITS - protocol.BATCH_EVENTS))
    frames = [Batch.stored(first, last, "", payload).frame for first, last, payload in rows]
    assert 1 < len(frames) < protocol.BATCH_EVENTS
    assert max(len(frame.encode()) for frame in frames) <= wire.CHANNEL["x-limits"]["bytes-in-a-frame"]


def test_the_protocol_page_has_the_same_limits() -> None:
    numbers = re.findall(r"[\d,]*\d", PROTOCOL.partition("## Limits")[2].partition("## ")[0])
    assert {f"{limit:,}" for limit in wire.CHANNEL["x-limits"].values()} <= set(numbers)


def test_the_protocol_page_shows_each_event_as_documented() -> None:
    shown = re.findall(r'^ *\{"offset":.*?\}(?=, \.\.\.|$)', PROTOCOL, re.M | re.S)
    for event in shown:
        wire.require_documented(f'{{"type":"events","first":1,"last":1,"events":[{event}]}}')
    assert {json.loads(event)["type"] for event in shown} == wire.EVENT_TYPES


@pytest.mark.parametrize(("name", "rest"), [("after", f"&epoch={UUID(int=1)}"), ("job", "")])
def test_the_document_has_the_bounds_of_each_parameter(name: str, rest: str) -> None:
    parameter = wire.CHANNEL["bindings"]["ws"]["query"]["properties"][name]
    for value in (parameter["minimum"], parameter["maximum"]):
        protocol.parse_subscription(f"{name}={value}{rest}", "job")
    for value in (parameter["minimum"] - 1, parameter["maximum"] + 1):
        with pytest.raises(Disconnect):
            protocol.parse_subscription(f"{name}={value}{rest}", "job")


def is_in_openapi(event: dict[str, Any]) -> bool:
    document = {"components": OPENAPI["components"], "$ref": "#/components/schemas/EventPage"}
    page = {"epoch": str(UUID(int=1)), "head": 9, "last": 9, "events": [event]}
    return Draft202012Validator(document).is_valid(page)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event["type"])
def test_openapi_has_the_same_events(event: dict[str, Any]) -> None:
    assert is_in_openapi(event)
    for field in event:
        assert not is_in_openapi({name: value for name, value in event.items() if name != field})
    for field in event.get("user", ()):
        less = {name: value for name, value in event["user"].items() if name != field}
        assert not is_in_openapi({**event, "user": less})


def test_openapi_has_no_other_event() -> None:
    items = OPENAPI["components"]["schemas"]["EventPage"]["properties"]["events"]["items"]
    assert items["discriminator"]["mapping"].keys() == wire.EVENT_TYPES


def test_openapi_has_the_same_parameters() -> None:
    shown = OPENAPI["paths"]["/api/events"]["get"]["parameters"]
    for name, parameter in wire.CHANNEL["bindings"]["ws"]["query"]["properties"].items():
        (schema,) = (one["schema"] for one in shown if one["name"] == name)
        assert schema == {key: value for key, value in parameter.items() if key != "description"}


@pytest.mark.parametrize(
    "others", [[], [f"{protocol.BEARER_PREFIX}arr_{'a' * 43}"], ["arrivals.v2"], ["arrivals.v10", "b"]]
)
def test_the_document_has_the_subprotocols_that_a_client_may_offer(others: list[str]) -> None:
    pattern = wire.CHANNEL["bindings"]["ws"]["headers"]["properties"]["Sec-WebSocket-Protocol"]["pattern"]
    for offered in ([protocol.SUBPROTOCOL, *others], [*others, protocol.SUBPROTOCOL]):
        protocol.require_version(offered)
        assert all(re.fullmatch(pattern, separator.join(offered)) for separator in (",", ", "))
    assert not re.fullmatch(pattern, ", ".join(others))
