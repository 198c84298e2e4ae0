"""One long poll of a feed: the next batches after a cursor, as JSON text.

Applies the socket's rules for cursors. Raises CursorLost where the socket would send a reset.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, aclosing, nullcontext, suppress
from dataclasses import dataclass

from channels.db import database_sync_to_async

from realtime import log, outbox
from realtime.endpoints.draining import drain
from realtime.follow import follow
from realtime.protocol import Batch, Cursor, Subscription

DECODER = json.JSONDecoder()

PAGE_BATCHES = 10
ENOUGH_BYTES = 512 * 1024  # with one more page of full batches the answer is below 1 MiB

Watching = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class PollResult:
    """Batches after `cursor`, complete through offset `reached`. The log goes at least to `head`."""

    cursor: Cursor
    batches: Sequence[Batch]
    reached: int
    head: int


async def poll(
    feed: str, subscription: Subscription, *, limit: int, wait_seconds: float, watching: Watching = nullcontext
) -> str:
    """Returns up to `limit` batches as JSON text, at once if there are any, else the first within `wait_seconds`.

    Returns fewer rather than more than 1 MiB, which a client may leave unread. Waits in a block of `watching`, and
    holds no database connection then. A drain ends the wait. Raises CursorLost.
    """
    result = await _read_async(feed, subscription, limit)
    if not result.batches and wait_seconds:
        with watching():
            result = await _wait(feed, subscription.key, result, wait_seconds)
    return to_json(result)


def to_json(result: PollResult) -> str:
    """Returns the JSON text, joined from stored texts. Decodes only a first batch that starts before the cursor."""
    events = ",".join(events_after(batch, result.cursor.offset) for batch in result.batches)
    return f'{{"epoch":"{result.cursor.epoch}","head":{result.head},"last":{result.reached},"events":[{events}]}}'


def events_after(batch: Batch, offset: int) -> str:
    """Returns the texts of the batch's events after the offset, joined by commas."""
    start, end = batch.frame.index("[") + 1, len(batch.frame) - 2
    for _ in range(batch.first, offset + 1):
        start = DECODER.raw_decode(batch.frame, start)[1] + 1
    return batch.frame[start:end]


def _read(feed: str, subscription: Subscription, limit: int) -> PollResult:
    outbox.relay(feed)
    position = log.position(feed)
    cursor, reason = subscription.start(position)
    if reason:
        raise log.CursorLost(position, reason)
    batches, reached = _read_pages(feed, cursor, subscription.key, limit)
    return PollResult(cursor, batches, reached, max(position.head, reached))


def _read_pages(feed: str, cursor: Cursor, key: str | None, limit: int) -> tuple[list[Batch], int]:
    batches: list[Batch] = []
    reached = cursor.offset
    while limit > len(batches) and sum(len(batch.frame) for batch in batches) < ENOUGH_BYTES:
        size = min(PAGE_BATCHES, limit - len(batches))
        page, reached = log.read(feed, Cursor(cursor.epoch, reached), key=key, limit=size)
        batches += page
        if len(page) < size:
            break
    return batches, reached


_read_async = database_sync_to_async(_read, thread_sensitive=False)


async def _wait(feed: str, key: str | None, result: PollResult, seconds: float) -> PollResult:
    """Returns the first batch within the time. Without one, reads again to move the cursor past filtered events."""
    cursor = Cursor(result.cursor.epoch, result.reached)
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds) as timeout, aclosing(follow(feed, cursor, key=key)) as batches:
            with drain.register_poll(timeout):
                batch = await anext(batches)
                return PollResult(cursor, [batch], batch.last, max(result.head, batch.last))
    return await _read_async(feed, Subscription(cursor.offset, cursor.epoch, key), limit=1)
