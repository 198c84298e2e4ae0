"""One long poll of a feed, for programs that rather pull: the next batches after a cursor, as ready-made JSON text.

Keeps the rules of the socket for cursors; where the socket sends a reset, this raises Lost.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from channels.db import database_sync_to_async

from realtime import log
from realtime.endpoints.draining import departure
from realtime.follow import follow
from realtime.hub import read_head
from realtime.protocol import Batch, Cursor, Position, Subscription

DECODER = json.JSONDecoder()


class Lost(Exception):
    """The cursor cannot be honoured: `reason` is that of a reset; go on from `position` after reloading."""

    def __init__(self, position: Position, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Found:
    """Batches after `cursor`; up to `reached` nothing was left out, and the log goes at least to `head`."""

    cursor: Cursor
    batches: Sequence[Batch]
    reached: int
    head: int


async def poll(feed: str, ask: Subscription, *, limit: int, wait_seconds: float) -> str:
    """At most `limit` batches, as soon as there is one, else none after `wait_seconds`. Raises Lost.

    Holds no database connection while it waits.
    """
    found = await _look(feed, ask, limit)
    if not found.batches and wait_seconds:
        found = await _wait(feed, ask.key, found, wait_seconds)
    return answer(found)


def answer(found: Found) -> str:
    """The JSON text: stored texts are joined, none is decoded, but for a first batch that begins before the cursor."""
    events = ",".join(events_after(batch, found.cursor.offset) for batch in found.batches)
    return f'{{"epoch":"{found.cursor.epoch}","head":{found.head},"last":{found.reached},"events":[{events}]}}'


def events_after(batch: Batch, offset: int) -> str:
    """The texts of the batch's events beyond the offset, joined by commas."""
    start, end = batch.frame.index("[") + 1, len(batch.frame) - 2
    for _ in range(batch.first, offset + 1):
        start = DECODER.raw_decode(batch.frame, start)[1] + 1
    return batch.frame[start:end]


def look(feed: str, ask: Subscription, limit: int) -> Found:
    """What the log holds now. Raises Lost."""
    position = log.head(feed)
    cursor, reason = ask.start(position)
    if reason:
        raise Lost(position, reason)
    try:
        batches, reached = log.read(feed, cursor, key=ask.key, limit=limit)
    except log.CursorLost as lost:
        raise Lost(log.head(feed), lost.reason) from lost
    return Found(cursor, batches, reached, max(position.head, reached))


_look = database_sync_to_async(look, thread_sensitive=False)


async def _wait(feed: str, key: str | None, found: Found, seconds: float) -> Found:
    """The first batch that comes in time; a process that is about to stop waits no longer.

    Without one, what a filter passed over meanwhile moves the cursor on.
    """
    cursor = Cursor(found.cursor.epoch, found.reached)
    try:
        async with asyncio.timeout(seconds) as limit, aclosing(follow(feed, cursor, key=key)) as batches:
            with departure.cutting_short(limit):
                async for batch in batches:
                    return Found(cursor, [batch], batch.last, max(found.head, batch.last))
    except TimeoutError:
        pass
    except log.CursorLost as lost:
        raise Lost(await read_head(feed), lost.reason) from lost
    return await _look(feed, Subscription(cursor.offset, cursor.epoch, key), limit=1)
