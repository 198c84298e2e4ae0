"""The socket of a real daphne: access, messages, and no lost event at any cut."""

import asyncio
import json
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from realtime import outbox
from realtime.endpoints.flow_control import FRAMES_AT_ONCE
from tests.support.clients.watcher import Watcher, connect_to
from tests.support.database import Append, session_of

pytestmark = [pytest.mark.django_db(transaction=True)]

User = get_user_model()
in_thread = database_sync_to_async


async def receive(socket: ClientConnection) -> dict[str, Any]:
    """The next message that is not a heartbeat."""
    while True:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 240))
        if message["type"] != "heartbeat":
            return message


async def close_code(socket: ClientConnection, *, after: str | bytes | None = None) -> int | None:
    """Returns the code with which the server closes, also while the frame `after` is still being sent."""
    try:
        async with asyncio.timeout(240):
            if after is not None:
                await socket.send(after)
            while True:
                await socket.recv()
    except ConnectionClosed:
        return socket.close_code


def offsets(message: dict[str, Any]) -> list[int]:
    return [event["offset"] for event in message["events"]]


async def test_a_socket_gets_hello_and_then_new_events(web: str, cookie: str, append: Append) -> None:
    await in_thread(append)(3)
    async with connect_to(f"{web}/ws/users/", cookie) as socket:
        hello = await receive(socket)
        head = hello["head"]
        assert socket.subprotocol == "arrivals.v1"
        assert (hello["type"], hello["feed"], hello["after"], hello["window_bytes"]) == (
            "hello",
            "users",
            head,
            1048576,
        )
        await in_thread(append)(2)
        assert offsets(await receive(socket)) == [head + 1, head + 2]


async def test_after_0_replays_the_whole_log(web: str, cookie: str, append: Append) -> None:
    await in_thread(append)(500)
    watcher = Watcher(web, cookie, after=0)
    head = (await in_thread(outbox.head)("users")).head
    await asyncio.wait_for(watcher.follow(lambda seen: seen.offset == head), 240)
    assert watcher.offsets == list(range(1, head + 1))


async def test_a_job_filter_selects_only_that_jobs_events(web: str, cookie: str, append: Append) -> None:
    head = (await in_thread(outbox.head)("users")).head
    for key in ("7", "8", "7", ""):
        await in_thread(append)(1, key=key)
    async with connect_to(f"{web}/ws/users/?after=0&job=7", cookie) as socket:
        await receive(socket)
        assert [offsets(await receive(socket)) for _ in range(2)] == [[head + 1], [head + 3]]
        await in_thread(append)(1, key="8")
        await in_thread(append)(1, key="7")
        assert offsets(await receive(socket)) == [head + 6]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        pytest.param("after=1&epoch={other}", "epoch", marks=pytest.mark.fault("a cursor from another epoch")),
        pytest.param("after=999&epoch={own}", "ahead", marks=pytest.mark.fault("a cursor ahead of the head")),
    ],
)
async def test_a_cursor_that_cannot_be_honoured_is_reset(
    web: str, cookie: str, append: Append, query: str, reason: str
) -> None:
    await in_thread(append)(3)
    snapshot = await in_thread(outbox.head)("users")
    cursor_query = query.format(other=uuid4(), own=snapshot.epoch)
    async with connect_to(f"{web}/ws/users/?{cursor_query}", cookie) as socket:
        assert (await receive(socket))["type"] == "hello"
        reset = await receive(socket)
        assert reset == {"type": "reset", "epoch": str(snapshot.epoch), "head": snapshot.head, "reason": reason}
        await in_thread(append)(1)
        assert offsets(await receive(socket)) == [snapshot.head + 1]


async def test_an_idle_socket_gets_a_heartbeat_with_the_head(web: str, cookie: str, append: Append) -> None:
    head = await in_thread(append)(3)
    async with connect_to(f"{web}/ws/users/", cookie) as socket:
        await receive(socket)
        assert json.loads(await asyncio.wait_for(socket.recv(), 240)) == {"type": "heartbeat", "head": head}


async def test_a_client_cut_at_any_offset_resumes_without_a_gap(web: str, cookie: str, append: Append) -> None:
    """For each offset: a client that was cut there resumes while new events arrive, and misses none."""
    start = (await in_thread(outbox.head)("users")).head
    size = 40
    for cut in range(size):
        watcher = Watcher(web, cookie, after=0)
        writing = asyncio.create_task(in_thread(_append_each)(append, start + size - cut))
        await asyncio.wait_for(watcher.follow(lambda seen, cut=cut: (seen.offset or 0) >= cut), 240)  # type: ignore[misc]
        await writing
        head = (await in_thread(outbox.head)("users")).head
        await asyncio.wait_for(watcher.follow(lambda seen, head=head: seen.offset == head), 240)  # type: ignore[misc]
        assert watcher.offsets == list(range(1, head + 1)), f"cut at {cut}"
        assert not watcher.resets


def _append_each(append: Append, count: int) -> None:
    for _ in range(count):
        append(1)


async def test_a_cut_inside_a_batch_repeats_no_event(web: str, cookie: str, append: Append) -> None:
    head = await in_thread(append)(25)
    epoch = str((await in_thread(outbox.head)("users")).epoch)
    for cut in range(1, head):
        watcher = Watcher(web, cookie, after=cut)
        watcher.epoch = epoch
        await asyncio.wait_for(watcher.follow(lambda seen: seen.offset == head), 240)
        assert watcher.offsets == list(range(cut + 1, head + 1))


@pytest.mark.parametrize("query", ["after=x", "after=5", "after=1&epoch=x", "job=x", f"epoch={UUID(int=5)}"])
async def test_an_invalid_query_is_closed_for_good(web: str, cookie: str, query: str) -> None:
    async with connect_to(f"{web}/ws/users/?{query}", cookie) as socket:
        assert await close_code(socket) == 4500


@pytest.mark.fault("an invalid frame")
@pytest.mark.parametrize(
    "frame", ["{", "[]", b"\x00", "x" * 2000, '{"type":"ack","offset":"1"}', '{"type":"ack","offset":999999}']
)
async def test_an_invalid_frame_closes_the_connection(web: str, cookie: str, frame: str | bytes) -> None:
    async with connect_to(f"{web}/ws/users/", cookie) as socket:
        await receive(socket)
        assert await close_code(socket, after=frame) == 4500


async def test_a_client_that_never_acknowledges_gets_one_window_and_is_closed(
    web: str, cookie: str, append: Append
) -> None:
    await in_thread(_append_much)(append)
    sent = 0
    async with connect_to(f"{web}/ws/users/?after=0", cookie) as socket:
        with suppress(ConnectionClosed):
            while True:
                sent += len(await asyncio.wait_for(socket.recv(), 240))
        assert socket.close_code == 4008
    assert 1024 * 1024 <= sent <= 1024 * 1024 + 64 * 1024


async def test_a_full_window_gets_heartbeats_and_no_events_until_an_ack(web: str, cookie: str, append: Append) -> None:
    """So a heartbeat above the cursor is no sign of a lost event, unless the client has acknowledged all."""
    await in_thread(_append_much)(append)
    async with connect_to(f"{web}/ws/users/?after=0", cookie) as socket:
        last = 0
        while (message := json.loads(await asyncio.wait_for(socket.recv(), 30)))["type"] != "heartbeat":
            last = message.get("last", 0)
        assert message["head"] > last > 0
        await socket.send(json.dumps({"type": "ack", "offset": last}))
        assert offsets(await receive(socket))[0] == last + 1


async def test_a_client_may_acknowledge_each_event(web: str, cookie: str, append: Append) -> None:
    head = await in_thread(append)(2 * FRAMES_AT_ONCE)
    async with connect_to(f"{web}/ws/users/?after=0", cookie) as socket:
        await receive(socket)
        acknowledged = 0
        while acknowledged < head:
            for acknowledged in offsets(await receive(socket)):
                await socket.send(json.dumps({"type": "ack", "offset": acknowledged}))
        await in_thread(append)(1)
        assert offsets(await receive(socket)) == [head + 1]


def _append_much(append: Append) -> None:
    for _ in range(100):
        append(500)


@pytest.mark.fault("a message of an unknown type")
async def test_an_unknown_message_is_ignored(web: str, cookie: str, append: Append) -> None:
    async with connect_to(f"{web}/ws/users/", cookie) as socket:
        await receive(socket)
        await socket.send('{"type":"wave"}')
        await in_thread(append)(1)
        assert (await receive(socket))["type"] == "events"


async def test_an_unknown_path_is_closed_for_good(web: str, cookie: str) -> None:
    """A browser sees the close code only if the handshake accepts an offered subprotocol."""
    async with connect_to(f"{web}/ws/other/", cookie) as socket:
        assert socket.subprotocol == "arrivals.v1"
        assert await close_code(socket) == 4500


async def test_another_protocol_version_is_closed_for_good(web: str, cookie: str) -> None:
    async with connect_to(f"{web}/ws/users/", cookie, subprotocols=["arrivals.v2"]) as socket:
        assert await close_code(socket) == 4500


async def test_a_client_without_a_protocol_version_is_served(web: str, cookie: str) -> None:
    async with connect_to(f"{web}/ws/users/", cookie, subprotocols=None) as socket:
        assert (await receive(socket))["type"] == "hello"


async def test_a_socket_without_a_session_is_refused(web: str, append: Append) -> None:
    await in_thread(append)(3)
    async with connect_to(f"{web}/ws/users/?after=0") as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4501


async def test_a_user_without_permission_is_refused(web: str, append: Append) -> None:
    await in_thread(append)(3)
    cookie = await in_thread(session_of)("nobody")
    async with connect_to(f"{web}/ws/users/?after=0", cookie) as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4503


@pytest.mark.parametrize("origin", ["http://evil.example", "https://127.0.0.1", "http://127.0.0.1:1", None])
async def test_a_session_from_another_origin_is_refused(web: str, cookie: str, origin: str | None) -> None:
    async with connect_to(f"{web}/ws/users/?after=0", cookie, origin=origin) as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4503


@pytest.mark.parametrize("other", ['prefs={"a":1}', "foo[bar]=1", "x=a b", "expires=1", "flag", "_ga@x=1"])
async def test_cookies_of_other_programs_on_this_host_are_ignored(web: str, cookie: str, other: str) -> None:
    async with connect_to(f"{web}/ws/users/", f"{other}; {cookie}") as socket:
        assert (await receive(socket))["type"] == "hello"


@pytest.mark.fault("a permission is revoked while a client watches")
async def test_a_socket_is_closed_after_its_user_loses_the_permission(web: str, cookie: str) -> None:
    async with connect_to(f"{web}/ws/users/", cookie) as socket:
        await receive(socket)
        await in_thread(_clear_permissions)()
        assert await close_code(socket) == 4503


@pytest.mark.fault("a session ends while a client watches")
async def test_a_socket_is_closed_after_its_session_is_deleted(web: str, cookie: str) -> None:
    async with connect_to(f"{web}/ws/users/", cookie) as socket:
        await receive(socket)
        await in_thread(Session.objects.all().delete)()
        assert await close_code(socket) == 4501


async def test_a_socket_is_closed_after_its_user_is_deactivated(web: str, cookie: str) -> None:
    async with connect_to(f"{web}/ws/users/", cookie) as socket:
        await receive(socket)
        await in_thread(User.objects.filter(username="watcher").update)(is_active=False)
        assert await close_code(socket) == 4501


def _clear_permissions() -> None:
    User.objects.get(username="watcher").user_permissions.clear()
