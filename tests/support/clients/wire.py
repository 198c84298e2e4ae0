"""Checks frames against docs/asyncapi.yaml. Every socket of the tests checks each frame with it."""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema_rs import Draft7Validator
from websockets.asyncio.client import ClientConnection
from websockets.frames import DATA_OPCODES, Frame, Opcode
from websockets.protocol import Protocol, Side, State

DOCUMENT: Mapping[str, Any] = yaml.safe_load(
    (Path(__file__).resolve().parents[3] / "docs" / "asyncapi.yaml").read_text()
)
SCHEMAS: Mapping[str, Any] = DOCUMENT["components"]["schemas"]
CHANNEL: Mapping[str, Any] = DOCUMENT["channels"]["users"]
FROM_SERVER = frozenset({"hello", "reset", "events", "heartbeat"})
FROM_CLIENT = frozenset({"ack"})
EVENT_TYPES = frozenset(
    name
    for rule in SCHEMAS["event"]["allOf"]
    for asked in [rule["if"]["properties"]["type"]]
    for name in asked.get("enum", [asked.get("const")])
)
OF_TESTS = "test"  # the type of events that tests append themselves


class Checked(ClientConnection):
    """A client's connection that fails its test if the server sends an undocumented frame."""

    async def recv(self, decode: bool | None = None) -> Any:
        frame = await super().recv(decode)
        require_documented(frame)
        return frame


def require_documented_events(events: Sequence[Mapping[str, Any]]) -> None:
    """Requires that each event that a client printed is documented."""
    for event in events:
        frame = {"type": "events", "first": event["offset"], "last": event["offset"], "events": [event]}
        require_documented(json.dumps(frame))


def require_documented(frame: str | bytes, *, of: frozenset[str] = FROM_SERVER) -> None:
    """Requires a text frame that the document describes, without other fields, message types or event types."""
    fault = fault_of(frame, of=of, closed=True)
    assert fault is None, f"{fault} in {frame[:300]!r}"


def frames_in(passed: bytes, *, of: frozenset[str]) -> list[str | bytes]:
    """Returns the messages in one direction of a connection after its handshake; none if it is not a WebSocket."""
    handshake, _, rest = passed.partition(b"\r\n\r\n")
    if b"upgrade: websocket" not in handshake.lower():
        return []
    reader = Protocol(Side.CLIENT if of == FROM_SERVER else Side.SERVER, state=State.OPEN)
    reader.receive_data(rest)
    assert reader.parser_exc is None
    frames = [frame for frame in reader.events_received() if isinstance(frame, Frame) and frame.opcode in DATA_OPCODES]
    return [bytes(one.data) if one.opcode == Opcode.BINARY else bytes(one.data).decode() for one in frames]


def fault_of(frame: str | bytes, *, of: frozenset[str] = FROM_SERVER, closed: bool = False) -> str | None:
    """Returns the error of a frame, or None. `closed` also forbids undocumented parts, which a client must ignore."""
    if isinstance(frame, bytes):
        return "a binary frame"
    try:
        message = json.loads(frame)
    except ValueError:
        return "no JSON"
    if not isinstance(message, dict):
        return "no JSON object"
    if message.get("type") not in of:
        return f"a message of the type {message.get('type')!r}" if closed else None
    return _fault_inside(message, closed=closed)


def _fault_inside(message: Mapping[str, Any], *, closed: bool) -> str | None:
    error = next(validator(message["type"], closed=closed).iter_errors(message), None)
    if error is not None:
        return f"{error.message} at {'.'.join(map(str, error.instance_path)) or 'the top'}"
    if closed and message["type"] == "events":
        unknown = {event["type"] for event in message["events"]} - EVENT_TYPES - {OF_TESTS}
        return f"events of the types {sorted(unknown)}" if unknown else None
    return None


@cache
def validator(name: str, *, closed: bool) -> Draft7Validator:
    """Uses jsonschema-rs: it takes 3 us an event, jsonschema 0.4 ms, and some tests check 100,000 events."""
    schemas = _closed() if closed else SCHEMAS
    return Draft7Validator({"components": {"schemas": schemas}, "allOf": [{"$ref": f"#/components/schemas/{name}"}]})


def _closed() -> Mapping[str, Any]:
    """Returns the schemas without other fields. `event` stays open, because it only selects another schema."""
    schemas = deepcopy(dict(SCHEMAS))
    for name, schema in schemas.items():
        if schema.get("type") == "object" and name != "event":
            schema["additionalProperties"] = False
    return schemas
