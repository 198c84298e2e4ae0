"""Client of the users feed (docs/protocol.md), with asyncio and `websockets`.

Yields every event once and in order, across any disconnect.

    python3 arrivals_client.py ws://127.0.0.1:8000/ws/users/ --token-file TOKEN [--after 0] [--cursor-file CURSOR]

prints one event per line, as JSON. With --cursor-file it continues where it stopped. In your own program:

    async for event in follow(url, token, Cursor()): ...

Messages of three other types come between the events:

- "hello" after each connect (not printed).
- "snapshot" if the log cannot continue from the cursor. Discard all users that you know.
- "user.listed" for each existing user, after a snapshot.
"""

import argparse
import asyncio
import json
import logging
import math
import os
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
    """The position after event `offset` of the epoch. Empty means the head; offset 0 without epoch means the start."""

    epoch: str = ""
    offset: int | None = None


class Refused(Exception):
    """The server refuses the request permanently. Retrying does not help."""


@dataclass
class Acks:
    """Acknowledges events: once a second, and at once when half of the window is used.

    Call `send_if_due` after every frame. The last events before an idle time are acknowledged at the next heartbeat.
    """

    half_window: float
    sent_at: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    offset: int = 0
    unacknowledged: int = 0

    def handled(self, offset: int, size: int) -> None:
        self.offset = offset
        self.unacknowledged += size

    async def send_if_due(self, socket: ClientConnection) -> None:
        now = asyncio.get_running_loop().time()
        if self.unacknowledged >= self.half_window or (self.unacknowledged and now - self.sent_at >= ACK_SECONDS):
            self.unacknowledged, self.sent_at = 0, now
            await socket.send(json.dumps({"type": "ack", "offset": self.offset}))


@dataclass
class Backoff:
    """Random, growing pauses between connection attempts. A connection that lasts STEADY_SECONDS resets them."""

    attempt: int = 0
    greeted_at: float = math.inf

    def greeted(self, now: float) -> None:
        self.greeted_at = now

    def pause(self, now: float, chance: float) -> float:
        """`chance` is random from 0 to 1, so that the clients of a restarted server do not all reconnect at once."""
        if now - self.greeted_at >= STEADY_SECONDS:
            self.attempt = 0
        longest: float = min(LONGEST_PAUSE_SECONDS, 2**self.attempt)
        self.attempt, self.greeted_at = min(self.attempt + 1, 5), math.inf
        return chance * longest


async def follow(url: str, token: str, cursor: Cursor) -> AsyncIterator[dict[str, Any]]:
    """Yields each event after the cursor, and moves the cursor before it yields. Raises Refused."""
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
                raise Refused(f"The server refused the connection: {error} (see docs/protocol.md).") from None
            logger.warning("%r: retrying.", error)
        await asyncio.sleep(backoff.pause(clock(), random.random()))  # noqa: S311 (spreads clients)


async def _listen(url: str, token: str, cursor: Cursor) -> AsyncIterator[dict[str, Any]]:
    """Yields the hello of one connection, then its events; after a reset the snapshot."""
    async with connect(
        _address(url, cursor),
        additional_headers={"Authorization": f"Bearer {token}"},
        subprotocols=[VERSION],
        close_timeout=CLOSE_SECONDS,  # a dead connection never answers the close
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
    """Yields events until a reset. Raises TimeoutError after silence, or if the events up to a heartbeat's head do not
    come within TAIL_SECONDS.
    """
    clock, acks = asyncio.get_running_loop().time, Acks(hello["window_bytes"] / 2)
    silence_seconds, lost_at = hello["heartbeat_s"] * 1.5 + 2, math.inf
    while True:
        frame = await asyncio.wait_for(socket.recv(), min(silence_seconds, lost_at - clock()))
        message = json.loads(frame)
        if message["type"] == "reset":
            logger.warning("Some events are gone from the log (%s). All users follow.", message["reason"])
            return
        if message["type"] == "events":
            for event in _new(message, cursor, is_filtered=is_filtered):
                lost_at = math.inf
                yield event
            acks.handled(message["last"], len(frame))
        elif message["type"] == "heartbeat" and message["head"] > cursor.offset and not is_filtered:
            lost_at = min(lost_at, clock() + TAIL_SECONDS)  # later heartbeats do not extend it
        await acks.send_if_due(socket)


def _new(message: dict[str, Any], cursor: Cursor, *, is_filtered: bool) -> Iterator[dict[str, Any]]:
    """Yields the batch's events after the cursor. With ?job= offsets may jump, so a gap is not an error."""
    if message["first"] > (cursor.offset or 0) + 1 and not is_filtered:
        raise ConnectionError("Events are missing: reconnecting to read them from the log.")
    for event in message["events"]:
        if event["offset"] > (cursor.offset or 0):
            cursor.offset = event["offset"]
            yield event


async def _snapshot(url: str, token: str, cursor: Cursor) -> AsyncIterator[dict[str, Any]]:
    """Yields all users, newest first, then moves the cursor to the first page's: later changes come as events."""
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
    """Writes the cursor after the event, so a crash in between repeats one event and loses none."""
    async for message in follow(url, token, cursor):
        if message["type"] != "hello":
            print(json.dumps(message), flush=True)  # noqa: T201
        if file:
            new = file.with_suffix(".new")
            new.write_text(json.dumps(asdict(cursor)))
            new.replace(file)


def main() -> int:
    parser = argparse.ArgumentParser(description="Print the events of the feed, one per line.")
    parser.add_argument("url", help="ws://HOST:PORT/ws/users/, with ?job=ID for one job")
    parser.add_argument("--token-file", type=Path, required=True, help="file with the output of `manage.py token USER`")
    parser.add_argument("--after", type=int, choices=[0], help="0: start with the oldest event in the log")
    parser.add_argument("--cursor-file", type=Path, help="read the cursor from this file, and update it")
    asked = parser.parse_args()
    os.environ.setdefault("no_proxy", os.environ.get("NO_PROXY", "localhost,127.0.0.1,::1"))
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
