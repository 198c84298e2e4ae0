"""Tokens at the socket of a real daphne, and the connection limit of a user."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from urllib.parse import urlencode

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils import timezone
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException

from task import tokens
from task.models import Token
from tests.e2e.wire.test_socket import close_code, offsets, receive
from tests.support.clients.watcher import connect_to
from tests.support.database import Append, session_of
from tests.support.waiting import wait_until_async

pytestmark = [pytest.mark.django_db(transaction=True)]

User = get_user_model()
in_thread = database_sync_to_async


@pytest.fixture
def token() -> str:
    return token_of("program", "view_user")


def token_of(username: str, *permissions: str) -> str:
    user = User.objects.create(username=username)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return tokens.make_token(user=user, name="test", days=1)


def another_token() -> str:
    return tokens.make_token(user=User.objects.get(username="program"), name="test", days=1)


async def test_a_token_opens_the_socket_without_an_origin(web: str, token: str, append: Append) -> None:
    async with connect_to(f"{web}/ws/users/", token=token, origin=None) as socket:
        head = (await receive(socket))["head"]
        await in_thread(append)(2)
        assert offsets(await receive(socket)) == [head + 1, head + 2]


@pytest.mark.parametrize("origin", ["same", "http://evil.example", "null"])
async def test_a_token_is_accepted_from_any_origin(web: str, token: str, origin: str) -> None:
    async with connect_to(f"{web}/ws/users/", token=token, origin=origin) as socket:
        assert (await receive(socket))["type"] == "hello"


@pytest.mark.parametrize("wrong", ["x", "arr_" + "x" * 43, "arr_\xe9", "x" * 6000])
async def test_an_invalid_token_is_refused_even_with_a_valid_session(web: str, cookie: str, wrong: str) -> None:
    async with connect_to(f"{web}/ws/users/?after=0", cookie, token=wrong) as socket:
        assert await close_code(socket) == 4501


@pytest.mark.parametrize("origin", ["same", "http://evil.example", None])
async def test_a_socket_without_credentials_is_closed_with_4501_from_any_origin(web: str, origin: str | None) -> None:
    async with connect_to(f"{web}/ws/users/?after=0", origin=origin) as socket:
        assert await close_code(socket) == 4501


@pytest.mark.parametrize("origin", ["same", "http://another.example", "null"])
async def test_a_token_is_accepted_as_a_subprotocol_from_any_origin(web: str, token: str, origin: str) -> None:
    offered = ["arrivals.v1", f"arrivals.bearer.{token}"]
    async with connect_to(f"{web}/ws/users/", origin=origin, subprotocols=offered) as socket:
        assert (await receive(socket))["type"] == "hello"
        assert socket.subprotocol == "arrivals.v1"


async def test_a_subprotocol_token_overrides_the_session_and_a_header_overrides_both(
    web: str, cookie: str, token: str
) -> None:
    wrong, right = (["arrivals.v1", f"arrivals.bearer.{one}"] for one in ("arr_" + "x" * 43, token))
    async with connect_to(f"{web}/ws/users/", cookie, subprotocols=wrong) as socket:
        assert await close_code(socket) == 4501
    async with connect_to(f"{web}/ws/users/", token="x", subprotocols=right) as socket:
        assert await close_code(socket) == 4501


async def test_a_subprotocol_token_without_the_protocol_version_is_refused(web: str, token: str) -> None:
    async with connect_to(f"{web}/ws/users/", subprotocols=[f"arrivals.bearer.{token}"]) as socket:
        assert await close_code(socket) == 4500


async def test_an_authorization_header_of_another_scheme_is_ignored(web: str, cookie: str) -> None:
    """For example, when a proxy in front asks for a password."""
    async with connect_to(f"{web}/ws/users/", cookie, authorization="Basic YTpi") as socket:
        assert (await receive(socket))["type"] == "hello"


async def test_a_token_in_the_url_is_ignored(web: str, token: str) -> None:
    query = urlencode({"token": token, "access_token": token})
    async with connect_to(f"{web}/ws/users/?{query}") as socket:
        assert await close_code(socket) == 4501


async def test_a_token_of_a_user_without_permission_is_refused(web: str) -> None:
    token = await in_thread(token_of)("stranger")
    async with connect_to(f"{web}/ws/users/?after=0", token=token) as socket:
        assert await close_code(socket) == 4503


@pytest.mark.fault("a token loses its access while a client watches")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda: tokens.revoke_token(token_id=Token.objects.get().pk), 4501),
        (lambda: Token.objects.update(expires_at=timezone.now()), 4501),
        (lambda: User.objects.update(is_active=False), 4501),
        (lambda: User.objects.get().delete(), 4501),
        (lambda: User.objects.get().user_permissions.set([]), 4503),
    ],
    ids=["revoked", "expired", "user inactive", "user deleted", "permission removed"],
)
async def test_a_socket_is_closed_at_the_next_check_after_its_token_or_permission_is_lost(
    web: str, token: str, change: Callable[[], object], code: int
) -> None:
    async with connect_to(f"{web}/ws/users/", token=token) as socket:
        await receive(socket)
        await in_thread(change)()
        assert await close_code(socket) == code
    async with connect_to(f"{web}/ws/users/", token=token) as socket:
        assert await close_code(socket) == code


async def test_a_socket_records_the_last_use_of_its_token(web: str, token: str) -> None:
    async with connect_to(f"{web}/ws/users/", token=token) as socket:
        await receive(socket)
        assert (await Token.objects.aget()).last_used_at


async def test_a_user_cannot_exceed_the_connection_limit_until_a_socket_closes(web: str, token: str) -> None:
    cookie = await in_thread(session_of)("another", "view_user")
    async with AsyncExitStack() as stack:
        sockets = await open_all(stack, web, token)
        async with connect_to(f"{web}/ws/users/", token=token) as socket:
            assert await close_code(socket) == 4504
        async with connect_to(f"{web}/ws/users/", cookie) as socket:
            assert (await receive(socket))["type"] == "hello"
        await sockets[0].close()
        await wait_until_async(lambda: connects(stack, web, token))


async def test_tokens_and_sessions_of_one_user_share_the_connection_limit(web: str, cookie: str) -> None:
    user = await User.objects.aget(username="watcher")
    token = await in_thread(tokens.make_token)(user=user, name="test", days=1)
    async with AsyncExitStack() as stack:
        await open_all(stack, web, token)
        async with connect_to(f"{web}/ws/users/", cookie) as socket:
            assert await close_code(socket) == 4504


async def test_every_connection_is_released_whenever_a_socket_is_cut(web: str, token: str, append: Append) -> None:
    """Cut in the handshake, before hello, in the replay, while live, or at a bad frame. Then all are free again.

    Each round has a new token of the same user, because one token may not open so many sockets so soon.
    """
    await in_thread(append)(2000)
    chance = random.Random(0)
    for _ in range(8):
        token = await in_thread(another_token)()
        async with asyncio.TaskGroup() as group:
            for _ in range(settings.SOCKETS_MAX):
                group.create_task(
                    cut(web, token, after_seconds=chance.uniform(0, 0.4), sends_bad_frame=chance.random() < 0.2)
                )
        await in_thread(append)(1)
    async with AsyncExitStack() as stack:
        await wait_until_async(lambda: all_connect(stack, web))
        async with connect_to(f"{web}/ws/users/", token=token) as socket:
            assert await close_code(socket) == 4504


async def cut(web: str, token: str, *, after_seconds: float, sends_bad_frame: bool) -> None:
    with suppress(TimeoutError, OSError, WebSocketException):
        async with asyncio.timeout(after_seconds):
            socket = await connect_to(f"{web}/ws/users/?after=0", token=token)
            try:
                if sends_bad_frame:
                    await socket.send("{")
                while True:
                    await socket.recv()
            finally:
                socket.transport.abort()


async def open_all(stack: AsyncExitStack, web: str, token: str) -> list[ClientConnection]:
    sockets = [
        await stack.enter_async_context(connect_to(f"{web}/ws/users/", token=token))
        for _ in range(settings.SOCKETS_MAX)
    ]
    assert {(await receive(socket))["type"] for socket in sockets} == {"hello"}
    return sockets


async def all_connect(stack: AsyncExitStack, web: str) -> bool:
    """Returns whether all connections are free. If not, closes those that it opened."""
    token = await in_thread(another_token)()
    async with AsyncExitStack() as trial:
        for _ in range(settings.SOCKETS_MAX):
            if not await connects(trial, web, token):
                return False
        stack.push_async_exit(trial.pop_all())
    return True


async def connects(stack: AsyncExitStack, web: str, token: str) -> bool:
    socket = await stack.enter_async_context(connect_to(f"{web}/ws/users/", token=token))
    with suppress(WebSocketException):
        return bool((await receive(socket))["type"] == "hello")
    return False
