"""The programs of docs/clients against a scripted server: their reaction to each message, close code and fault."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Self

import pytest
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.support.clients import wire
from tests.support.clients.client_programs import Running, begin_at
from tests.support.clients.scripted_server import ScriptedServer
from tests.support.waiting import wait_until_async

EPOCH = "00000000-0000-4000-8000-000000000001"
START = 100
CLOSE_CODES = wire.CHANNEL["x-close-codes"]
RETRIED = [code for code, meaning in CLOSE_CODES.items() if meaning["retry"]] + [1011, 1012]
FINAL = [code for code, meaning in CLOSE_CODES.items() if not meaning["retry"]]


class Server(ScriptedServer):
    """A scripted server that listens on its own port inside `async with`."""

    _socket: ServerConnection

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._attend, "127.0.0.1", 0, subprotocols=[Subprotocol("arrivals.v1")], compression=None
        )
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._heard: list[str | bytes] = []
        return self

    async def __aexit__(self, *_: object) -> None:
        """Checks the received frames here, because a failure in a connection's own task would only be logged."""
        self._server.close()
        await self._server.wait_closed()
        for frame in self._heard:
            wire.require_documented(frame, of=wire.FROM_CLIENT)

    async def end(self, code: int) -> None:
        await self._socket.close(code)

    async def _attend(self, socket: ServerConnection) -> None:
        assert socket.request
        self._socket = socket
        self.answer(socket.request.path, partial(broadcast, [socket]))
        with suppress(ConnectionClosed):
            async for frame in socket:
                self._heard.append(frame)
                self.hear(frame)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server() as server:
        yield server


@pytest.fixture(params=["python", "node"])
def client(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[Running]:
    """A running client whose cursor is START."""
    (tmp_path / "token").write_text(f"arr_{'a' * 43}")
    begin_at(request.param, tmp_path, epoch=EPOCH, offset=START)
    with Running(request.param, server.address, tmp_path) as client:
        yield client


async def until_connected(server: Server, times: int) -> None:
    await wait_until_async(lambda: len(server.asked) == times)


async def until_printed(client: Running, *offsets: int) -> None:
    await wait_until_async(lambda: client.offsets == list(offsets))


async def test_the_client_reconnects_for_the_events_missing_in_a_gap(server: Server, client: Running) -> None:
    await until_connected(server, 1)
    server.send_users(START + 1)
    server.send_users(START + 3)
    await until_connected(server, 2)
    assert server.asked[1] == {"after": str(START + 1), "epoch": EPOCH}
    server.send_users(START + 2, START + 3)
    await until_printed(client, START + 1, START + 2, START + 3)


async def test_repeated_events_are_printed_once(server: Server, client: Running) -> None:
    await until_connected(server, 1)
    for offsets in ([START - 1, START, START + 1], [START + 1], [START + 1, START + 2], [START + 3]):
        server.send_users(*offsets)
    await until_printed(client, START + 1, START + 2, START + 3)
    assert len(server.asked) == 1


async def test_an_unknown_message_is_ignored(server: Server, client: Running) -> None:
    await until_connected(server, 1)
    server.send("weather", sky="blue")
    server.send_users(START + 1)
    await until_printed(client, START + 1)


async def test_the_client_reconnects_when_the_server_is_silent(server: Server, client: Running) -> None:
    server.script = lambda server, number: server.greet(heartbeat_s=0.1 if number == 1 else 15)
    await until_connected(server, 2)
    server.send_users(START + 1)
    await until_printed(client, START + 1)


async def test_the_client_reconnects_when_an_idle_servers_head_is_ahead(server: Server, client: Running) -> None:
    server.script = lambda server, number: server.greet(heartbeat_s=60)
    await until_connected(server, 1)
    server.send_users(START + 1)
    server.send("heartbeat", head=START + 2)
    await until_connected(server, 2)
    assert server.after == START + 1


async def test_the_client_reconnects_when_the_head_is_ahead_despite_frequent_heartbeats(
    server: Server, client: Running
) -> None:
    """Heartbeats come more often than the 2 s in which the missing events must arrive."""
    await until_connected(server, 1)

    def has_reconnected() -> bool:
        server.send("heartbeat", head=START + 1)
        return len(server.asked) > 1

    await wait_until_async(has_reconnected, pause=0.2)
    assert server.after == START


async def test_the_client_stays_connected_when_missing_events_follow_the_heartbeat(
    server: Server, client: Running
) -> None:
    await until_connected(server, 1)
    server.send("heartbeat", head=START)
    server.send("heartbeat", head=START + 1)
    server.send("heartbeat", head=START + 1)
    server.send_users(START + 1)
    await until_printed(client, START + 1)
    assert len(server.asked) == 1


@pytest.mark.parametrize("code", RETRIED)
async def test_the_client_reconnects_after_a_retryable_close_code(server: Server, client: Running, code: int) -> None:
    await until_connected(server, 1)
    server.send_users(START + 1)
    await server.end(code)
    await until_connected(server, 2)
    assert server.after == START + 1


@pytest.mark.parametrize("code", FINAL)
async def test_the_client_stops_after_a_final_close_code(server: Server, client: Running, code: int) -> None:
    await until_connected(server, 1)
    await server.end(code)
    assert await asyncio.to_thread(client.wait, 240) == 1
    assert "The server refuse" in client.complaints
    assert len(server.asked) == 1


async def test_the_client_acknowledges_at_once_when_half_the_window_is_used(server: Server, client: Running) -> None:
    server.script = lambda server, number: server.greet(window_bytes=400)
    await until_connected(server, 1)
    for offset in range(START + 1, START + 11):
        server.send_users(offset)
    await wait_until_async(lambda: server.told and server.told[-1]["offset"] == START + 10)
    assert [ack["offset"] for ack in server.told] == list(range(START + 1, START + 11))


async def test_the_client_acknowledges_the_last_events_before_an_idle_period(server: Server, client: Running) -> None:
    await until_connected(server, 1)
    for offset in range(START + 1, START + 11):
        server.send_users(offset)

    def is_acknowledged() -> bool:
        server.send("heartbeat", head=START + 10)
        return server.told[-1:] == [{"type": "ack", "offset": START + 10}]

    await wait_until_async(is_acknowledged, pause=0.2)
    assert len(server.told) < 10
