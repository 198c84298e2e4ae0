"""The server under test, and one connection to it that checks every message."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.conformance.making import Make
from tests.support.clients import wire

FRAME_BYTES = wire.CHANNEL["x-limits"]["bytes-in-a-frame"]
VERSION = "arrivals.v1"
Message = dict[str, Any]
Event = dict[str, Any]


class Fault(Exception):
    """A frame that breaks the protocol by itself."""


class Silence(Exception):
    """A message that was due did not arrive in time. The text says what arrived instead."""


class Closed(Exception):
    """The server closed the connection with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a close with {code}")
        self.code = code


class Peer:
    """Reads messages, and checks the schema, the size and the offsets of each, and that no batch is missing.

    `last` is the offset of the last event so far, `size` the bytes of all frames with events.
    """

    def __init__(self, socket: ClientConnection, patience_s: float, *, is_filtered: bool) -> None:
        self.socket = socket
        self.last = self.size = 0
        self._patience_s = patience_s
        self._is_filtered = is_filtered

    async def message(self, seconds: float | None = None) -> Message:
        """Returns the next message. Raises Fault, Silence and Closed."""
        message = checked(frame := await self.frame(seconds))
        if message.get("type") == "events":
            self._require_next(message["first"])
            self.last, self.size = message["last"], self.size + len(frame)
        return message

    async def frame(self, seconds: float | None = None) -> str | bytes:
        limit_s = self._patience_s if seconds is None else seconds
        try:
            async with asyncio.timeout(limit_s):
                return await self.socket.recv()
        except TimeoutError:
            raise Silence(f"nothing for {limit_s:g} s") from None
        except ConnectionClosed as closed:
            raise Closed(closed.rcvd.code if closed.rcvd else 1006) from None

    async def next(self, kind: str) -> Message:
        """Returns the next message of that type. Skips heartbeats and unknown types. Raises Fault for any other."""
        heard = "nothing"
        try:
            async with asyncio.timeout(self._patience_s):
                while (message := await self.message()).get("type") != kind:
                    if message.get("type") in wire.FROM_SERVER - {"heartbeat"}:
                        raise Fault(f"a message {message['type']!r} where {kind!r} was due")
                    heard = "only heartbeats"
        except TimeoutError:
            raise Silence(f"no {kind!r}, {heard} for {self._patience_s:g} s") from None
        return message

    async def batch(self) -> list[Event]:
        """Returns the events of the next batch, and acknowledges them."""
        message = await self.next("events")
        await self.acknowledge(message["last"])
        events: list[Event] = message["events"]
        return events

    async def events_until(self, offset: int) -> list[Event]:
        """Returns the next events up to that offset or a greater one; none if it was read already."""
        events: list[Event] = []
        while self.last < offset:
            try:
                events += await self.batch()
            except Silence as silence:
                had = f"up to {self.last}" if self.last else "none"
                raise Silence(f"had {had}, expected {offset}; {silence}") from None
        return events

    async def acknowledge(self, offset: object) -> None:
        await self.send_json({"type": "ack", "offset": offset})

    async def send_json(self, message: object) -> None:
        await self.send(json.dumps(message))

    async def send(self, frame: str | bytes) -> None:
        try:
            await self.socket.send(frame)
        except ConnectionClosed as closed:
            raise Closed(closed.rcvd.code if closed.rcvd else 1006) from None

    async def close_code(self, seconds: float | None = None) -> int:
        """Reads until the server closes the connection, and returns the code."""
        limit_s = self._patience_s if seconds is None else seconds
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    await self.frame(limit_s)
        except Closed as closed:
            return closed.code
        except (Silence, TimeoutError):
            raise Silence(f"no close for {limit_s:g} s") from None

    def _require_next(self, first: int) -> None:
        """Checks the offset of a batch. The first one may begin below the cursor; a filter leaves gaps."""
        if self.last and (first <= self.last if self._is_filtered else first != self.last + 1):
            raise Fault(f"expected the offset {self.last + 1}, saw {first}")


@dataclass
class Target:
    """The server. `patience_s` limits any wait without a time of its own; `slack_s` is added to the others."""

    address: str
    make: Make
    token: str = ""
    patience_s: float = 30
    slack_s: float = 2
    too_slow_s: float = wire.CHANNEL["x-limits"]["seconds-with-a-full-window"]

    @property
    def settle_s(self) -> float:
        """Returns the seconds of silence that show that a server waits for acknowledgements."""
        return min(1.0, self.too_slow_s / 3)

    def most_s(self, due_s: float) -> float:
        """Returns the longest allowed time for a message that is due after `due_s` seconds."""
        return due_s * 1.5 + self.slack_s

    @asynccontextmanager
    async def connection(
        self, *, versions: list[str] | None = None, token: str | None = None, **query: Any
    ) -> AsyncIterator[Peer]:
        """Opens a connection with exactly this query. Ends it without a closing handshake, like a network cut."""
        asked = urlencode({name: value for name, value in query.items() if value is not None})
        bearer = self.token if token is None else token
        async with connect(
            f"{self.address}?{asked}" if asked else self.address,
            additional_headers={"Authorization": f"Bearer {bearer}"} if bearer else None,
            subprotocols=[Subprotocol(one) for one in ([VERSION] if versions is None else versions)] or None,
            compression=None,
            max_size=None,
            proxy=None,
        ) as socket:
            try:
                yield Peer(socket, self.patience_s, is_filtered=query.get("job") is not None)
            finally:
                socket.transport.abort()

    async def answer(self, **how: Any) -> object:
        """Returns the first message of a connection, or its close code."""
        async with self.connection(**how) as peer:
            try:
                return await peer.message()
            except Closed as closed:
                return closed.code

    async def hello(self, **query: Any) -> Message:
        async with self.connection(**query) as peer:
            return await peer.next("hello")

    async def log(self, *, after: int = 0, epoch: str | None = None) -> list[Event]:
        """Returns the log's events up to the head. The first batch may begin before the cursor."""
        async with self.connection(after=after, epoch=epoch) as peer:
            hello = await peer.next("hello")
            if hello["head"] == hello["after"]:
                return []
            events = await peer.events_until(hello["head"])
        if events[0]["offset"] > hello["after"] + 1:
            raise Fault(f"expected events from {hello['after'] + 1} on, saw {events[0]['offset']}")
        return events


def checked(frame: str | bytes) -> Message:
    """Returns the message of a frame. Raises Fault."""
    if fault := wire.fault_of(frame):
        raise Fault(f"{fault}: {frame[:200]!r}")
    size = len(frame.encode() if isinstance(frame, str) else frame)
    if size > FRAME_BYTES:
        raise Fault(f"a frame of {size} bytes, above {FRAME_BYTES}")
    message: Message = json.loads(frame)
    if message.get("type") == "events":
        _require_whole(message)
    return message


def _require_whole(message: Message) -> None:
    """Requires that a batch holds consecutive events, with or without a filter."""
    offsets = [event["offset"] for event in message["events"]]
    if offsets != list(range(message["first"], message["last"] + 1)):
        raise Fault(f"a batch {message['first']}..{message['last']} with the offsets {_short(offsets)}")


def _short(offsets: list[int]) -> str:
    return str(offsets) if len(offsets) <= 6 else f"{offsets[:3]} ... {offsets[-3:]}".replace("] ... [", " ... ")
