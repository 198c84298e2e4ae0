"""Cursors sent to the socket of a real daphne: honoured, reset with the reason, or refused for good."""

import asyncio
import datetime

import pytest
from channels.db import database_sync_to_async

from realtime import log, outbox
from tests.e2e.wire.test_socket import close_code, offsets, receive
from tests.support.clients.watcher import connect_to
from tests.support.database import Append

pytestmark = [pytest.mark.django_db(transaction=True)]

in_thread = database_sync_to_async
LONG_AGO = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


async def trimmed_feed(append: Append, keep: int = 5) -> outbox.Snapshot:
    for _ in range(10):
        await in_thread(append)(1)
    await in_thread(log.trim)("users", keep=keep, older_than=LONG_AGO)
    return await in_thread(outbox.head)("users")


@pytest.mark.fault("a cursor below the floor")
async def test_a_cursor_below_the_floor_is_reset_to_the_head(web: str, cookie: str, append: Append) -> None:
    snapshot = await trimmed_feed(append)
    async with connect_to(f"{web}/ws/users/?after={snapshot.floor - 1}&epoch={snapshot.epoch}", cookie) as socket:
        assert (await receive(socket))["after"] == snapshot.head
        reset = await receive(socket)
        assert reset == {"type": "reset", "epoch": str(snapshot.epoch), "head": snapshot.head, "reason": "trimmed"}
        await in_thread(append)(1)
        assert offsets(await receive(socket)) == [snapshot.head + 1]


async def test_a_cursor_at_the_floor_gets_all_remaining_events(web: str, cookie: str, append: Append) -> None:
    snapshot = await trimmed_feed(append)
    async with connect_to(f"{web}/ws/users/?after={snapshot.floor}&epoch={snapshot.epoch}", cookie) as socket:
        assert (await receive(socket))["after"] == snapshot.floor
        found = [offsets(await receive(socket)) for _ in range(5)]
        assert found == [[offset] for offset in range(snapshot.floor + 1, snapshot.head + 1)]


async def test_after_0_starts_at_the_floor_of_a_trimmed_log(web: str, cookie: str, append: Append) -> None:
    snapshot = await trimmed_feed(append)
    async with connect_to(f"{web}/ws/users/?after=0", cookie) as socket:
        assert (await receive(socket))["after"] == snapshot.floor
        assert offsets(await receive(socket)) == [snapshot.floor + 1]


@pytest.mark.fault("an invalid cursor")
@pytest.mark.parametrize(
    "after", ["-1", "1.5", "1e3", "0x10", "%D9%A3", "9" * 19, "", "%00", "null", "1;2", "1&after=x", "%2B1"]
)
async def test_an_invalid_offset_is_refused_for_good(web: str, cookie: str, after: str) -> None:
    epoch = (await in_thread(outbox.head)("users")).epoch
    async with connect_to(f"{web}/ws/users/?epoch={epoch}&after={after}", cookie) as socket:
        assert await close_code(socket) == 4500


@pytest.mark.fault("an invalid cursor")
@pytest.mark.parametrize("epoch", ["0", "users", "%00", "{}", "6f0e" * 9, "-"])
async def test_an_invalid_epoch_is_refused_for_good(web: str, cookie: str, epoch: str) -> None:
    async with connect_to(f"{web}/ws/users/?after=1&epoch={epoch}", cookie) as socket:
        assert await close_code(socket) == 4500


@pytest.mark.fault("a frame that is too large")
@pytest.mark.parametrize("size", [1_025, 70_000, 2_000_000, 8_000_000])
async def test_an_oversized_frame_closes_the_connection(web: str, cookie: str, size: int) -> None:
    """A client that is still sending may miss the close frame: 8 MB do not fit into the buffers of the kernel."""
    async with connect_to(f"{web}/ws/users/", cookie) as socket:
        await receive(socket)
        assert await close_code(socket, after="x" * size) in ({4500} if size < 1024 * 1024 else {4500, 1006})


async def test_400_acks_of_nothing_new_are_tolerated(web: str, cookie: str, append: Append) -> None:
    async with connect_to(f"{web}/ws/users/", cookie) as socket:
        head = (await receive(socket))["head"]
        for _ in range(400):
            await socket.send('{"type":"ack","offset":0}')
        await in_thread(append)(1)
        assert offsets(await asyncio.wait_for(receive(socket), 30)) == [head + 1]
