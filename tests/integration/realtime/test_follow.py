"""`follow` with a real Redis: events come at once with the layer, and never with a hole, a repeat or out of order."""

import asyncio
import json
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async

from realtime import log, outbox
from realtime.follow import follow
from realtime.hub import hub_of
from realtime.models import Batch, FeedHead
from realtime.protocol import Cursor
from tests.support.database import Append
from tests.support.waiting import wait_until_async

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

in_thread = database_sync_to_async
HOUR = 3600


def with_layer(settings: Any, name: str) -> None:
    layer = settings.CHANNEL_LAYERS["default"]
    settings.CHANNEL_LAYERS = {"default": {**layer, "BACKEND": f"tests.support.layers.{name}"}}


async def head_cursor() -> Cursor:
    return (await in_thread(outbox.head)("users")).cursor


async def take(cursor: Cursor, head: int, key: str | None = None) -> list[int]:
    """Returns the offsets after the cursor up to the head, as a client keeps them."""
    offsets: list[int] = []
    async with asyncio.timeout(60), aclosing(follow("users", cursor, key=key)) as batches:
        async for batch in batches:
            events = [event["offset"] for event in json.loads(batch.frame)["events"]]
            offsets += [offset for offset in events if offset > (offsets[-1] if offsets else cursor.offset)]
            if batch.last >= head:
                return offsets
    raise AssertionError("follow has ended")


async def subscribed() -> None:
    """Waits until this loop's hub is subscribed to the layer and knows the head.

    A task that is cancelled while it connects to Redis may swallow the cancellation. Without this wait, the loop of a
    shorter test never ended.
    """
    hub = hub_of("users")
    await wait_until_async(lambda: hub.is_subscribed and hub.head)


async def test_events_come_at_once_without_waiting_for_a_head_check(settings: Any, append: Append) -> None:
    settings.HEAD_CHECK_SECONDS = HOUR
    await in_thread(append)(1)
    cursor = await head_cursor()
    following = asyncio.create_task(take(cursor, cursor.offset + 30))
    await subscribed()
    for _ in range(10):
        await in_thread(append)(3)
    assert await following == list(range(cursor.offset + 1, cursor.offset + 31))


@pytest.mark.parametrize("layer", ["LosingLayer", "RepeatingLayer", "SwappingLayer"])
async def test_a_faulty_layer_changes_only_the_delay(settings: Any, append: Append, layer: str) -> None:
    with_layer(settings, layer)
    await in_thread(append)(1)
    cursor = await head_cursor()
    following = asyncio.create_task(take(cursor, cursor.offset + 31))
    await subscribed()
    for _ in range(31):
        await in_thread(append)(1)
    assert await following == list(range(cursor.offset + 1, cursor.offset + 32))


async def test_the_last_event_comes_although_its_hint_was_lost(settings: Any, append: Append) -> None:
    with_layer(settings, "LosingLayer")
    settings.HEAD_CHECK_SECONDS = 0.2
    await in_thread(append)(1)
    cursor = await head_cursor()
    following = asyncio.create_task(take(cursor, cursor.offset + 1))
    await subscribed()
    await in_thread(append)(1)
    assert await following == [cursor.offset + 1]


async def test_watchers_from_different_cursors_each_see_every_event(append: Append) -> None:
    await in_thread(append)(50)
    epoch = (await head_cursor()).epoch
    watchers = [asyncio.create_task(take(Cursor(epoch, start), 150)) for start in range(0, 50, 5)]
    await subscribed()
    for _ in range(20):
        await in_thread(append)(5)
    for start, offsets in zip(range(0, 50, 5), await asyncio.gather(*watchers), strict=True):
        assert offsets == list(range(start + 1, 151))


async def test_a_watcher_behind_the_ring_reads_the_log(monkeypatch: pytest.MonkeyPatch, append: Append) -> None:
    monkeypatch.setattr("realtime.ring.RING_BYTES", 2000)
    await in_thread(append)(1)
    cursor = await head_cursor()
    async with aclosing(follow("users", cursor)) as batches:
        coming = asyncio.create_task(anext(batches))
        await subscribed()
        await in_thread(append)(1)
        await coming
        for _ in range(30):
            await in_thread(append)(10)
        offsets = [offset async for offset in _offsets(batches, cursor.offset + 301)]
    assert offsets == list(range(cursor.offset + 2, cursor.offset + 302))


async def _offsets(batches: Any, last: int) -> Any:
    async for batch in batches:
        for event in json.loads(batch.frame)["events"]:
            yield event["offset"]
        if batch.last >= last:
            return


async def test_a_filter_gives_only_its_key_from_the_log_and_live(append: Append) -> None:
    for key in ("7", "8", "7"):
        await in_thread(append)(1, key=key)
    epoch = (await head_cursor()).epoch
    following = asyncio.create_task(take(Cursor(epoch, 0), 6, key="7"))
    await subscribed()
    for key in ("8", "", "7"):
        await in_thread(append)(1, key=key)
    assert await following == [1, 3, 6]


async def test_a_new_epoch_ends_every_watcher(settings: Any, append: Append) -> None:
    settings.HEAD_CHECK_SECONDS = 0.1
    await in_thread(append)(1)
    cursor = await head_cursor()
    following = asyncio.create_task(take(cursor, cursor.offset + 1))
    await subscribed()
    await in_thread(FeedHead.objects.update)(epoch=uuid4())
    with pytest.raises(log.CursorLost) as lost:
        await following
    assert lost.value.reason == "epoch"


async def test_a_restored_older_log_ends_watchers_that_are_ahead(settings: Any, append: Append) -> None:
    """As after a restore of the database that kept the epoch: offsets are used again for other events."""
    settings.HEAD_CHECK_SECONDS = 0.1
    await in_thread(append)(1)
    cursor = await head_cursor()
    async with aclosing(follow("users", cursor)) as batches:
        coming = asyncio.create_task(anext(batches))
        await subscribed()
        await in_thread(append)(1)
        await coming
        coming = asyncio.create_task(anext(batches))
        await in_thread(_go_back)(cursor.offset)
        with pytest.raises(log.CursorLost) as lost:
            await asyncio.wait_for(coming, 60)
    assert lost.value.reason == "ahead"


def _go_back(head: int) -> None:
    Batch.objects.filter(last__gt=head).delete()
    FeedHead.objects.update(head=head)


async def test_a_watcher_that_leaves_does_not_end_others(append: Append) -> None:
    await in_thread(append)(1)
    cursor = await head_cursor()
    leaving = [asyncio.create_task(take(cursor, 10**9)) for _ in range(3)]
    staying = asyncio.create_task(take(cursor, cursor.offset + 5))
    await subscribed()
    for task in leaving:
        task.cancel()
    await asyncio.gather(*leaving, return_exceptions=True)
    await in_thread(append)(5)
    assert await staying == list(range(cursor.offset + 1, cursor.offset + 6))
