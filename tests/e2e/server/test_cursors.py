"""Cursors from anywhere, at the socket of a real daphne: honoured, reset with the reason, or refused for good."""

import asyncio
import datetime

import pytest
from channels.db import database_sync_to_async

from realtime import log
from tests.e2e.server.test_socket import close_code, offsets, receive
from tests.support.database import Append
from tests.support.watcher import connect_to

pytestmark = [pytest.mark.django_db(transaction=True)]

in_thread = database_sync_to_async
LONG_AGO = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


async def trimmed_feed(append: Append, keep: int = 5) -> log.Snapshot:
    for _ in range(10):
        await in_thread(append)(1)
    await in_thread(log.trim)("users", keep=keep, older_than=LONG_AGO)
    return await in_thread(log.head)("users")


@pytest.mark.fault("a cursor below the floor")
async def test_a_cursor_below_the_floor_is_reset_and_goes_on_from_the_head(
    web: str, cookie: str, append: Append
) -> None:
    at = await trimmed_feed(append)
    async with connect_to(f"{web}/ws/users/?after={at.floor - 1}&epoch={at.epoch}", cookie) as socket:
        assert (await receive(socket))["after"] == at.head
        reset = await receive(socket)
        assert reset == {"type": "reset", "epoch": str(at.epoch), "head": at.head, "reason": "trimmed"}
        await in_thread(append)(1)
        assert offsets(await receive(socket)) == [at.head + 1]


async def test_a_cursor_at_the_floor_gets_all_that_is_left(web: str, cookie: str, append: Append) -> None:
    at = await trimmed_feed(append)
    async with connect_to(f"{web}/ws/users/?after={at.floor}&epoch={at.epoch}", cookie) as socket:
        assert (await receive(socket))["after"] == at.floor
        found = [offsets(await receive(socket)) for _ in range(5)]
        assert found == [[offset] for offset in range(at.floor + 1, at.head + 1)]


async def test_all_that_the_log_still_holds_is_never_a_reset(web: str, cookie: str, append: Append) -> None:
    at = await trimmed_feed(append)
    async with connect_to(f"{web}/ws/users/?after=0", cookie) as socket:
        assert (await receive(socket))["after"] == at.floor
        assert offsets(await receive(socket)) == [at.floor + 1]


@pytest.mark.fault("an invalid cursor")
@pytest.mark.parametrize(
    "after", ["-1", "1.5", "1e3", "0x10", "%D9%A3", "9" * 19, "", "%00", "null", "1;2", "1&after=x", "%2B1"]
)
async def test_what_is_no_offset_is_refused_for_good(web: str, cookie: str, after: str) -> None:
    epoch = (await in_thread(log.head)("users")).epoch
    async with connect_to(f"{web}/ws/users/?epoch={epoch}&after={after}", cookie) as socket:
        assert await close_code(socket) == 4500


@pytest.mark.fault("an invalid cursor")
@pytest.mark.parametrize("epoch", ["0", "users", "%00", "{}", "6f0e" * 9, "-"])
async def test_what_is_no_epoch_is_refused_for_good(web: str, cookie: str, epoch: str) -> None:
    async with connect_to(f"{web}/ws/users/?after=1&epoch={epoch}", cookie) as socket:
        assert await close_code(socket) == 4500


@pytest.mark.fault("a frame that is too large")
@pytest.mark.parametrize("size", [1_025, 70_000, 2_000_000])
async def test_a_frame_that_is_too_big_ends_the_connection(web: str, cookie: str, size: int) -> None:
    """With a code up to daphne's own limit of 1 MiB; beyond that it only drops the connection."""
    async with connect_to(f"{web}/ws/users/", cookie) as socket:
        await receive(socket)
        await socket.send("x" * size)
        assert await close_code(socket) in ({4500} if size < 1024 * 1024 else {1006, 1009})


async def test_a_client_that_says_something_unknown_now_and_then_is_served(
    web: str, cookie: str, append: Append
) -> None:
    async with connect_to(f"{web}/ws/users/", cookie) as socket:
        head = (await receive(socket))["head"]
        for _ in range(400):
            await socket.send('{"type":"ack","offset":0}')
        await in_thread(append)(1)
        assert offsets(await asyncio.wait_for(receive(socket), 30)) == [head + 1]
