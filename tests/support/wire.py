"""What may be said on the wire, as docs/asyncapi.yaml has it. Every socket of the tests asks this of each frame."""

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
    (Path(__file__).resolve().parent.parent.parent / "docs" / "asyncapi.yaml").read_text()
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
OF_TESTS = "test"  # The type of the events that tests append by themselves.


class Checked(ClientConnection):
    """A client's connection that fails its test where the server says what is not documented."""

    async def recv(self, decode: bool | None = None) -> Any:
        frame = await super().recv(decode)
        require_documented(frame)
        return frame


def require_documented_events(events: Sequence[Mapping[str, Any]]) -> None:
    """The same for what a client printed, one by one."""
    for event in events:
        frame = {"type": "events", "first": event["offset"], "last": event["offset"], "events": [event]}
        require_documented(json.dumps(frame))


def require_documented(frame: str | bytes, *, of: frozenset[str] = FROM_SERVER) -> None:
    """A text frame that the document describes, with no field, message type or event type beside it."""
    fault = fault_of(frame, of=of, closed=True)
    assert fault is None, f"{fault} in {frame[:300]!r}"


def frames_in(passed: bytes, *, of: frozenset[str]) -> list[str | bytes]:
    """The messages in one direction of a connection, from its handshake on; none where it was not for a socket."""
    handshake, _, rest = passed.partition(b"\r\n\r\n")
    if b"upgrade: websocket" not in handshake.lower():
        return []
    reader = Protocol(Side.CLIENT if of == FROM_SERVER else Side.SERVER, state=State.OPEN)
    reader.receive_data(rest)
    assert reader.parser_exc is None
    frames = [frame for frame in reader.events_received() if isinstance(frame, Frame) and frame.opcode in DATA_OPCODES]
    return [bytes(one.data) if one.opcode == Opcode.BINARY else bytes(one.data).decode() for one in frames]


def fault_of(frame: str | bytes, *, of: frozenset[str] = FROM_SERVER, closed: bool = False) -> str | None:
    """What is wrong with a frame; `closed` takes what is not documented for wrong, as a reader must not."""
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
    """jsonschema itself takes 0.4 ms an event, this one 3 us: some tests see 100,000 of them."""
    schemas = _closed() if closed else SCHEMAS
    return Draft7Validator({"components": {"schemas": schemas}, "allOf": [{"$ref": f"#/components/schemas/{name}"}]})


def _closed() -> Mapping[str, Any]:
    """Without room for other fields; `event` only chooses one of the others."""
    schemas = deepcopy(dict(SCHEMAS))
    for name, schema in schemas.items():
        if schema.get("type") == "object" and name != "event":
            schema["additionalProperties"] = False
    return schemas
