"""A client of the protocol: resumes by its cursor, acknowledges, and keeps all events that it has seen."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.support.clients.wire import FROM_CLIENT, Checked, require_documented

RETRY_SECONDS = 0.05


class Watcher:
    """Follows one feed over real connections, as docs/protocol.md requires of a client."""

    kind: type[ClientConnection] = Checked

    def __init__(
        self,
        address: str,
        cookie: str = "",
        *,
        token: str = "",
        after: int | None = None,
        epoch: str = "",
        job: int | None = None,
    ) -> None:
        self.address = address
        self.cookie = cookie
        self.token = token
        self.epoch = epoch
        self.offset = after
        self.job = job
        self.events: list[dict[str, Any]] = []
        self.kinds: Counter[str] = Counter()
        self.connections = 0
        self.repeated = 0
        self.resets: list[str] = []
        self.is_live = asyncio.Event()
        self._is_first = True

    @property
    def numbers(self) -> list[int]:
        return [event["number"] for event in self.events if event["type"] == "user.created" and event["job"]]

    @property
    def offsets(self) -> list[int]:
        return [event["offset"] for event in self.events]

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[ClientConnection]:
        """Opens a connection from the cursor on. Ends it without a closing handshake, like a network cut."""
        asked = {"after": self.offset, "epoch": self.epoch or None, "job": self.job}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        url = f"{self.address}/ws/users/?{query}"
        async with connect_to(url, self.cookie, token=self.token, create_connection=self.kind) as socket:
            self.connections += 1
            yield socket
            socket.transport.abort()

    async def follow(self, until: Callable[["Watcher"], bool], *, cut_every: float | None = None) -> None:
        """Follows, and reconnects after every cut, until `until` is true. The caller sets the deadline."""
        while not until(self):
            try:
                async with self.connection() as socket, asyncio.timeout(cut_every):
                    await self.listen(socket, until)
            except (OSError, WebSocketException, TimeoutError):
                await asyncio.sleep(RETRY_SECONDS)

    async def listen(self, socket: ClientConnection, until: Callable[["Watcher"], bool]) -> None:
        async for frame in socket:
            message = json.loads(frame)
            self.handle(message)
            if message["type"] == "events":
                ack = json.dumps({"type": "ack", "offset": self.offset})
                require_documented(ack, of=FROM_CLIENT)
                await socket.send(ack)
            if until(self):
                return

    def handle(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "hello":
                self.epoch, self.offset = message["epoch"], message["after"]
                self._is_first = True
                self.is_live.set()
            case "reset":
                self.resets.append(message["reason"])
            case "events":
                self._keep(message["events"])

    def _keep(self, events: list[dict[str, Any]]) -> None:
        """Keeps new events. Batches are not split, so only a connection's first one may begin before the cursor."""
        for event in events:
            if event["offset"] > (self.offset or 0):
                self.offset = event["offset"]
                self.events.append(event)
                self.kinds[event["type"]] += 1
            elif not self._is_first:
                self.repeated += 1
        self._is_first = False


def connect_to(
    url: str, cookie: str = "", *, token: str = "", authorization: str = "", origin: str | None = "same", **options: Any
) -> connect:
    """Connects like a browser on this site, or like a program with a token. `origin` may be another one, or None."""
    address = "/".join(url.split("/")[:3])
    headers = {"Cookie": cookie, "Authorization": f"Bearer {token}" if token else authorization}
    headers |= options.pop("headers", {})
    return connect(
        url.replace("http", "ws", 1),
        origin=address if origin == "same" else origin,  # type: ignore[arg-type]
        additional_headers={name: value for name, value in headers.items() if value},
        subprotocols=options.pop("subprotocols", ["arrivals.v1"]),
        create_connection=options.pop("create_connection", Checked),
        compression=None,
        proxy=None,
        **options,
    )
