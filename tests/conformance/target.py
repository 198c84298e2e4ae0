"""The server under test, and one connection to it that believes nothing."""

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
from tests.support import wire

FRAME_BYTES = wire.CHANNEL["x-limits"]["bytes-in-a-frame"]
VERSION = "arrivals.v1"
Message = dict[str, Any]
Event = dict[str, Any]


class Fault(Exception):
    """A frame that breaks the protocol by itself."""


class Silence(Exception):
    """What was due did not come in time; the text says what came instead."""


class Closed(Exception):
    """The server closed the connection with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a close with {code}")
        self.code = code


class Peer:
    """Reads messages, and checks each: its schema, its size, that a batch is what it says, and follows the one before.

    Events came up to the offset `last`, in frames of `size` bytes together.
    """

    def __init__(self, socket: ClientConnection, patience_s: float, *, is_filtered: bool) -> None:
        self.socket = socket
        self.last = self.size = 0
        self._patience_s = patience_s
        self._is_filtered = is_filtered

    async def message(self, seconds: float | None = None) -> Message:
        """The next one. Raises Fault, Silence and Closed."""
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
        """The next message of that type, past heartbeats and what is not known. Any other is a Fault."""
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
        """The events of the next batch, acknowledged."""
        message = await self.next("events")
        await self.acknowledge(message["last"])
        events: list[Event] = message["events"]
        return events

    async def events_until(self, offset: int) -> list[Event]:
        """All of the next events, until one has that offset or a greater one; none where one came already."""
        events: list[Event] = []
        while self.last < offset:
            try:
                events += await self.batch()
            except Silence as silence:
                had = f"up to {self.last}" if self.last else "none"
                raise Silence(f"had {had}, expected {offset}; {silence}") from None
        return events

    async def acknowledge(self, offset: object) -> None:
        await self.say({"type": "ack", "offset": offset})

    async def say(self, message: object) -> None:
        await self.send(json.dumps(message))

    async def send(self, frame: str | bytes) -> None:
        try:
            await self.socket.send(frame)
        except ConnectionClosed as closed:
            raise Closed(closed.rcvd.code if closed.rcvd else 1006) from None

    async def close_code(self, seconds: float | None = None) -> int:
        """Whatever comes before it."""
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
        """The first batch may begin below the cursor; a filter leaves gaps between batches."""
        if self.last and (first <= self.last if self._is_filtered else first != self.last + 1):
            raise Fault(f"expected the offset {self.last + 1}, saw {first}")


@dataclass
class Target:
    """`patience_s` is how long anything may take that has no time of its own, `slack_s` how late all else may come."""

    address: str
    make: Make
    token: str = ""
    patience_s: float = 30
    slack_s: float = 2
    too_slow_s: float = wire.CHANNEL["x-limits"]["seconds-with-a-full-window"]

    @property
    def settle_s(self) -> float:
        """How long nothing comes from a server that has stopped for want of acknowledgements, and not yet closed."""
        return min(1.0, self.too_slow_s / 3)

    def most_s(self, due_s: float) -> float:
        """How long something may take that is due after so many seconds."""
        return due_s * 1.5 + self.slack_s

    @asynccontextmanager
    async def connection(
        self, *, versions: list[str] | None = None, token: str | None = None, **query: Any
    ) -> AsyncIterator[Peer]:
        """Open with this query, as it stands; it ends without a closing handshake, as a cut does."""
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
        """The first message of a connection, or the code that it is closed with."""
        async with self.connection(**how) as peer:
            try:
                return await peer.message()
            except Closed as closed:
                return closed.code

    async def hello(self, **query: Any) -> Message:
        async with self.connection(**query) as peer:
            return await peer.next("hello")

    async def log(self, *, after: int = 0, epoch: str | None = None) -> list[Event]:
        """What the server tells of its log, up to its head; the first batch may begin before the cursor."""
        async with self.connection(after=after, epoch=epoch) as peer:
            hello = await peer.next("hello")
            if hello["head"] == hello["after"]:
                return []
            events = await peer.events_until(hello["head"])
        if events[0]["offset"] > hello["after"] + 1:
            raise Fault(f"expected events from {hello['after'] + 1} on, saw {events[0]['offset']}")
        return events


def checked(frame: str | bytes) -> Message:
    """The message of a frame. Raises Fault."""
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
    """Without a filter or with one, a batch is consecutive events."""
    offsets = [event["offset"] for event in message["events"]]
    if offsets != list(range(message["first"], message["last"] + 1)):
        raise Fault(f"a batch {message['first']}..{message['last']} with the offsets {_short(offsets)}")


def _short(offsets: list[int]) -> str:
    return str(offsets) if len(offsets) <= 6 else f"{offsets[:3]} ... {offsets[-3:]}".replace("] ... [", " ... ")
