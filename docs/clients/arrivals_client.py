"""Follows the feed of users (docs/protocol.md) with asyncio and `websockets`: every event once, in order, over any cut.

    python arrivals_client.py ws://127.0.0.1:8000/ws/users/ --token-file TOKEN [--after 0] [--cursor-file CURSOR]

prints one event a line, as JSON. With --cursor-file it goes on where it stopped. In a program of your own:

    async for event in follow(url, token, Cursor()): ...

Among the events are messages of three other types: "hello" (not printed) whenever it has connected; and where the
cursor could not be honoured "snapshot", after which all that was known before counts no more, and a "user.listed" for
each user that there is.
"""

import argparse
import asyncio
import json
import logging
import math
import random
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import Request, urlopen

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidURI, WebSocketException
from websockets.typing import Subprotocol

VERSION = Subprotocol("arrivals.v1")
LONGEST_PAUSE_SECONDS = 30
STEADY_SECONDS = 5
CONNECT_SECONDS = 10
CLOSE_SECONDS = 1
ANSWER_SECONDS = 60
TAIL_SECONDS = 2
ACK_SECONDS = 1
logger = logging.getLogger("arrivals")


@dataclass
class Cursor:
    """Every event up to `offset` of this life of the feed is behind it. Empty: the head; only offset 0: the start."""

    epoch: str = ""
    offset: int | None = None


class Refused(Exception):
    """The server refuses this for good."""


@dataclass
class Acks:
    """Tells the server how far this client is: once a second, at once when half of its window is used.

    Told after every frame, so the last events before an idle time are acknowledged at the next heartbeat.
    """

    half_window: float
    told_at: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    offset: int = 0
    unacknowledged: int = 0

    def handled(self, offset: int, size: int) -> None:
        self.offset = offset
        self.unacknowledged += size

    async def tell(self, socket: ClientConnection) -> None:
        now = asyncio.get_running_loop().time()
        if self.unacknowledged >= self.half_window or (self.unacknowledged and now - self.told_at >= ACK_SECONDS):
            self.unacknowledged, self.told_at = 0, now
            await socket.send(json.dumps({"type": "ack", "offset": self.offset}))


@dataclass
class Backoff:
    """How long to wait before the next connection: at random, and ever longer until one was steady."""

    attempt: int = 0
    greeted_at: float = math.inf

    def greeted(self, now: float) -> None:
        self.greeted_at = now

    def pause(self, now: float, chance: float) -> float:
        """`chance` is at random from 0 to 1, so that the clients of a restarted server do not come in one moment."""
        if now - self.greeted_at >= STEADY_SECONDS:
            self.attempt = 0
        longest: float = min(LONGEST_PAUSE_SECONDS, 2**self.attempt)
        self.attempt, self.greeted_at = min(self.attempt + 1, 5), math.inf
        return chance * longest


async def follow(url: str, token: str, cursor: Cursor) -> AsyncIterator[dict[str, Any]]:
    """Each event after the cursor, which has moved when the event comes. Raises Refused."""
    clock, backoff = asyncio.get_running_loop().time, Backoff()
    while True:
        try:
            async for message in _listen(url, token, cursor):
                if message["type"] == "hello":
                    backoff.greeted(clock())
                yield message
        except (OSError, HTTPException, WebSocketException, TimeoutError) as error:
            code = error.rcvd.code if isinstance(error, ConnectionClosed) and error.rcvd else 1006
            if 4500 <= code <= 4999 or isinstance(error, InvalidURI):
                raise Refused(f"The server refuses this for good: {error} (docs/protocol.md).") from None
            logger.warning("%r: trying again.", error)
        await asyncio.sleep(backoff.pause(clock(), random.random()))  # noqa: S311 (spreads clients)


async def _listen(url: str, token: str, cursor: Cursor) -> AsyncIterator[dict[str, Any]]:
    """The hello of one connection, then its events; after a reset the snapshot.

    A connection that is dead would keep its closing waiting.
    """
    async with connect(
        _address(url, cursor),
        additional_headers={"Authorization": f"Bearer {token}"},
        subprotocols=[VERSION],
        close_timeout=CLOSE_SECONDS,
    ) as socket:
        hello = json.loads(await asyncio.wait_for(socket.recv(), CONNECT_SECONDS))
        if not cursor.epoch:
            cursor.epoch, cursor.offset = hello["epoch"], hello["after"]
        yield hello
        async for event in _events(socket, hello, cursor, is_filtered="?" in url):
            yield event
    async for message in _snapshot(url, token, cursor):
        yield message


async def _events(
    socket: ClientConnection, hello: dict[str, Any], cursor: Cursor, *, is_filtered: bool
) -> AsyncIterator[dict[str, Any]]:
    """Up to a reset. TimeoutError where nothing is heard, or the server is ahead and its tail does not come."""
    clock, acks = asyncio.get_running_loop().time, Acks(hello["window_bytes"] / 2)
    silence_seconds, lost_at = hello["heartbeat_s"] * 1.5 + 2, math.inf
    while True:
        frame = await asyncio.wait_for(socket.recv(), min(silence_seconds, lost_at - clock()))
        message = json.loads(frame)
        if message["type"] == "reset":
            logger.warning("Some events can no longer be had (%s): all users come anew.", message["reason"])
            return
        if message["type"] == "events":
            for event in _new(message, cursor, is_filtered=is_filtered):
                lost_at = math.inf
                yield event
            acks.handled(message["last"], len(frame))
        elif message["type"] == "heartbeat" and message["head"] > cursor.offset and not is_filtered:
            lost_at = min(lost_at, clock() + TAIL_SECONDS)  # The heartbeats after it do not put that off.
        await acks.tell(socket)


def _new(message: dict[str, Any], cursor: Cursor, *, is_filtered: bool) -> Iterator[dict[str, Any]]:
    """The batch's events beyond the cursor. With ?job= offsets jump, so a gap between batches is none."""
    if message["first"] > (cursor.offset or 0) + 1 and not is_filtered:
        raise ConnectionError("Events are missing; the log still has them.")
    for event in message["events"]:
        if event["offset"] > (cursor.offset or 0):
            cursor.offset = event["offset"]
            yield event


async def _snapshot(url: str, token: str, cursor: Cursor) -> AsyncIterator[dict[str, Any]]:
    """All users, newest first. The first page's cursor counts: what happened since comes as events."""
    address = f"http{url.removeprefix('ws')}"
    start = urljoin(address, f"../../api/users?limit=100&{urlsplit(url).query}")
    page = first = await asyncio.to_thread(_get, start, token)
    yield {"type": "snapshot", **{name: first[name] for name in ("epoch", "head", "total")}}
    while True:
        for user in page["items"]:
            yield {"type": "user.listed", "user": user}
        if page["next"] is None:
            break
        page = await asyncio.to_thread(_get, urljoin(address, page["next"]), token)
    cursor.epoch, cursor.offset = first["epoch"], first["head"]


def _get(address: str, token: str) -> dict[str, Any]:
    request = Request(address, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 (http, as the socket is ws)
    with urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
        return found


def _address(url: str, cursor: Cursor) -> str:
    asked = {"after": cursor.offset, "epoch": cursor.epoch or None}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"{url}{'&' if '?' in url else '?'}{query}"


async def _print(url: str, token: str, cursor: Cursor, file: Path | None) -> None:
    """The cursor is written after the event: who kills this in between sees one event again, and misses none."""
    async for message in follow(url, token, cursor):
        if message["type"] != "hello":
            print(json.dumps(message), flush=True)  # noqa: T201
        if file:
            new = file.with_suffix(".new")
            new.write_text(json.dumps(asdict(cursor)))
            new.replace(file)


def main() -> int:
    parser = argparse.ArgumentParser(description="Prints the events of the feed, one a line.")
    parser.add_argument("url", help="ws://HOST:PORT/ws/users/, with ?job=ID for one job")
    parser.add_argument("--token-file", type=Path, required=True, help="holds what `manage.py token USER` printed")
    parser.add_argument("--after", type=int, choices=[0], help="0: begin with all that the log holds, not at its head")
    parser.add_argument("--cursor-file", type=Path, help="go on where this says, and keep it up to date")
    asked = parser.parse_args()
    try:
        token, file = asked.token_file.read_text().strip(), asked.cursor_file
        cursor = Cursor(**json.loads(file.read_text())) if file and file.exists() else Cursor(offset=asked.after)
        asyncio.run(_print(asked.url, token, cursor, file))
    except (Refused, OSError, ValueError, TypeError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
