"""What a client may send in each state of a connection (the table in docs/protocol.md), at the real consumer.

The test plays the server's part of ASGI, so it decides in which state each message arrives.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from channels.db import database_sync_to_async

from realtime import log
from realtime.endpoints.flow_control import FRAMES_AT_ONCE, Window
from realtime.endpoints.socket import FeedConsumer
from realtime.hub import hub_of
from tests.support.database import Append
from tests.support.waiting import wait_until_async

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

in_thread = database_sync_to_async
SECONDS = 60
EVENTS = 10
BEFORE_HELLO, LIVE, AFTER_RESET = "before hello", "live", "after a reset"
ASKED = {BEFORE_HELLO: 5, LIVE: 5, AFTER_RESET: 999}  # a cursor ahead of the head is reset
EVERY_STATE = pytest.mark.parametrize("state", [BEFORE_HELLO, LIVE, AFTER_RESET])
GOOD = [
    '{"type":"ack","offset":0}',
    '{"type":"ack","offset":4}',
    '{"type":"ack","offset":4,"mood":"fair"}',
    '{"type":"wave"}',
    "{}",
]
BAD = [
    "{",
    "[]",
    "x" * 1_025,
    None,  # a binary frame
    '{"type":"ack"}',
    '{"type":"ack","offset":"5"}',
    '{"type":"ack","offset":true}',
    '{"type":"ack","offset":10000}',
]


class Client:
    """One connection to the consumer."""

    def __init__(self, query: str, cookie: str) -> None:
        self._scope = {
            "type": "websocket",
            "query_string": query.encode(),
            "headers": [(b"cookie", cookie.encode()), (b"host", b"testserver"), (b"origin", b"http://testserver")],
            "subprotocols": ["arrivals.v1"],
        }
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._to_client: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._to_server.put_nowait({"type": "websocket.connect"})

    @property
    def unread(self) -> list[dict[str, Any]]:
        return [self._to_client.get_nowait() for _ in range(self._to_client.qsize())]

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        consumer: Any = FeedConsumer.as_asgi(
            feed="users", permission="auth.view_user", token_user=lambda token: None, key_parameter="job"
        )
        serving = asyncio.create_task(consumer(self._scope, self._to_server.get, self._to_client.put))
        try:
            yield
        finally:
            self._to_server.put_nowait({"type": "websocket.disconnect", "code": 1000})
            await asyncio.wait_for(serving, SECONDS)

    def send(self, text: str | None, times: int = 1) -> None:
        for _ in range(times):
            self._to_server.put_nowait({"type": "websocket.receive", "text": text})

    async def next(self, kind: str) -> Any:
        """Returns the next message of the type, or the close if `kind` is "close"."""
        async with asyncio.timeout(SECONDS):
            while True:
                sent = await self._to_client.get()
                is_close = sent["type"] == "websocket.close"
                found = sent if is_close else json.loads(sent.get("text", "{}"))
                if is_close or found.get("type") == kind:
                    assert is_close == (kind == "close"), found
                    return found


async def subscribed() -> None:
    """Waits for this loop's hub, because a task that is cancelled while it connects to Redis may never end."""
    hub = hub_of("users")
    await wait_until_async(lambda: hub.is_subscribed and hub.head)


@asynccontextmanager
async def client_in(state: str, cookie: str, text: str | None, *, times: int = 1) -> AsyncIterator[Client]:
    """Yields a client that sends the text in that state."""
    epoch = (await in_thread(log.position)("users")).epoch
    client = Client(f"after={ASKED[state]}&epoch={epoch}", cookie)
    if state == BEFORE_HELLO:
        client.send(text, times)
    async with client.connected():
        if state == LIVE:
            await client.next("events")
        elif state == AFTER_RESET:
            await client.next("reset")
        if state != BEFORE_HELLO:
            client.send(text, times)
        yield client
        await subscribed()


def ack(offset: int) -> str:
    return json.dumps({"type": "ack", "offset": offset})


@pytest.fixture
def filled(append: Append) -> None:
    for _ in range(EVENTS):
        append(1)


@EVERY_STATE
@pytest.mark.parametrize("text", GOOD)
async def test_an_ack_of_an_old_event_and_an_unknown_message_are_accepted(
    cookie: str, append: Append, filled: None, state: str, text: str
) -> None:
    async with client_in(state, cookie, text) as client:
        head = await in_thread(append)(1)
        while (await client.next("events"))["last"] < head:
            pass


@EVERY_STATE
async def test_an_ack_of_the_offset_that_the_client_asked_to_begin_after_is_accepted(
    cookie: str, append: Append, filled: None, state: str
) -> None:
    async with client_in(state, cookie, ack(ASKED[state])) as client:
        head = await in_thread(append)(1)
        while (await client.next("events"))["last"] < head:
            pass


@EVERY_STATE
@pytest.mark.parametrize("text", BAD)
async def test_a_bad_message_and_an_ack_of_what_was_never_sent_are_closed_with_4500(
    cookie: str, filled: None, state: str, text: str | None
) -> None:
    async with client_in(state, cookie, text) as client:
        assert (await client.next("close"))["code"] == 4500


@EVERY_STATE
async def test_a_flood_is_closed_with_4500(cookie: str, filled: None, state: str) -> None:
    async with client_in(state, cookie, ack(5), times=2 * FRAMES_AT_ONCE) as client:
        assert (await client.next("close"))["code"] == 4500


@pytest.mark.parametrize("text", [*GOOD, *BAD])
async def test_messages_after_the_close_are_ignored(cookie: str, filled: None, text: str | None) -> None:
    async with client_in(LIVE, cookie, "[]") as client:
        await client.next("close")
        client.send(text)
    assert client.unread == []


async def test_an_ack_of_a_lost_cursor_frees_nothing_of_the_new_events() -> None:
    """After a reset the offsets of the client's old cursor may be above the new ones."""
    window = Window(limit=1)
    window.asked_offset = 999
    window.sent(4, 10, 1)
    assert not window.acknowledge(999)
    assert window.is_full
