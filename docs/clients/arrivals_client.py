"""Follows the feed of users (docs/protocol.md) with asyncio and `websockets`: every event once, in order, over any cut.

    python arrivals_client.py ws://127.0.0.1:8000/ws/users/ --token-file TOKEN [--after 0] [--cursor-file CURSOR]

prints one event a line, as JSON. With --cursor-file it goes on where it stopped. In a program of your own:

    async for event in follow(url, token, Cursor()): ...
"""

import argparse
import asyncio
import json
import logging
import random
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidURI, WebSocketException
from websockets.typing import Subprotocol

VERSION = Subprotocol("arrivals.v1")
LONGEST_PAUSE_SECONDS = 30
CONNECT_SECONDS = 10
ACK_SECONDS = 1
logger = logging.getLogger("arrivals")


@dataclass
class Cursor:
    """Every event up to `offset` of this life of the feed is behind it. Empty: the head; only offset 0: the start."""

    epoch: str = ""
    offset: int | None = None


class Reset(Exception):
    """The cursor cannot be honoured: load GET /api/users again, and follow from its first page's epoch and head."""


class Refused(Exception):
    """The server refuses this for good."""


@dataclass
class Acks:
    """Tells the server how far this client is: once a second, at once when half of its window is used."""

    half_window: float
    told_at: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    unacknowledged: int = 0

    async def handled(self, socket: ClientConnection, offset: int, size: int) -> None:
        self.unacknowledged += size
        now = asyncio.get_running_loop().time()
        if self.unacknowledged >= self.half_window or now - self.told_at >= ACK_SECONDS:
            self.unacknowledged, self.told_at = 0, now
            await socket.send(json.dumps({"type": "ack", "offset": offset}))


async def follow(url: str, token: str, cursor: Cursor) -> AsyncIterator[dict[str, Any]]:
    """Each event after the cursor, which has moved when the event comes. Raises Reset and Refused."""
    attempt = 0
    while True:
        try:
            async for event in _listen(url, token, cursor):
                attempt = 0
                yield event
        except (OSError, WebSocketException, TimeoutError) as error:
            code = error.rcvd.code if isinstance(error, ConnectionClosed) and error.rcvd else 1006
            if 4500 <= code <= 4999 or isinstance(error, InvalidURI):
                raise Refused(f"The server refuses this for good: {error} (docs/protocol.md).") from None
            logger.warning("%r: trying again.", error)
        await asyncio.sleep(random.random() * min(LONGEST_PAUSE_SECONDS, 2**attempt))  # noqa: S311 (spreads clients)
        attempt = min(attempt + 1, 10)


async def _listen(url: str, token: str, cursor: Cursor) -> AsyncIterator[dict[str, Any]]:
    bearer = {"Authorization": f"Bearer {token}"}
    async with connect(_address(url, cursor), additional_headers=bearer, subprotocols=[VERSION]) as socket:
        hello = json.loads(await asyncio.wait_for(socket.recv(), CONNECT_SECONDS))
        if not cursor.epoch:
            cursor.epoch, cursor.offset = hello["epoch"], hello["after"]
        acks, silence_seconds, behind_at = Acks(hello["window_bytes"] / 2), hello["heartbeat_s"] * 1.5 + 2, None
        while True:
            frame = await asyncio.wait_for(socket.recv(), silence_seconds)
            message = json.loads(frame)
            if message["type"] == "reset":
                raise Reset(f"{message['reason']}: {Reset.__doc__}")
            if message["type"] == "events":
                for event in _new(message, cursor, is_filtered="?" in url):
                    yield event
                await acks.handled(socket, message["last"], len(frame))
            elif message["type"] == "heartbeat" and "?" not in url:
                if message["head"] > cursor.offset and behind_at == cursor.offset:
                    raise ConnectionError("The tail is lost: the server's head is ahead, and nothing comes.")
                behind_at = cursor.offset


def _new(message: dict[str, Any], cursor: Cursor, *, is_filtered: bool) -> Iterator[dict[str, Any]]:
    """The batch's events beyond the cursor. With ?job= offsets jump, so a gap between batches is none."""
    if message["first"] > (cursor.offset or 0) + 1 and not is_filtered:
        raise ConnectionError("Events are missing; the log still has them.")
    for event in message["events"]:
        if event["offset"] > (cursor.offset or 0):
            cursor.offset = event["offset"]
            yield event


def _address(url: str, cursor: Cursor) -> str:
    asked = {"after": cursor.offset, "epoch": cursor.epoch or None}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"{url}{'&' if '?' in url else '?'}{query}"


async def _print(url: str, token: str, cursor: Cursor, file: Path | None) -> None:
    """The cursor is written after the event: who kills this in between sees one event again, and misses none."""
    async for event in follow(url, token, cursor):
        print(json.dumps(event), flush=True)  # noqa: T201
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
    except (Reset, Refused, OSError, ValueError, TypeError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 3 if isinstance(error, Reset) else 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
