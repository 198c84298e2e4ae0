"""Access that ends while a client watches: sockets and long polls end, although the next check is an hour away."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.test import Client
from websockets.asyncio.client import ClientConnection

from task import tokens
from task.models import Token
from tests.e2e.wire.test_socket import close_code, receive
from tests.integration.task.api.test_events import EVENTS
from tests.support.answer import Answer
from tests.support.clients.caller import fetch
from tests.support.clients.watcher import connect_to
from tests.support.services.service import free_port
from tests.support.waiting import wait_until_async
from tests.support.web import web_process

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User = get_user_model()
in_thread = database_sync_to_async
COOKIE = settings.SESSION_COOKIE_NAME
METRICS_TOKEN = "for-the-tests-only-0123456789"


@pytest.fixture(scope="module")
def patient_web(django_db_setup: None, redis: str) -> Iterator[str]:
    """Yields the URL of a web process that checks access once an hour."""
    port = free_port()
    with web_process(port, ACCESS_CHECK_SECONDS="3600", METRICS_TOKEN=METRICS_TOKEN):
        yield f"http://127.0.0.1:{port}"


def watcher() -> Any:
    return User.objects.get(username="watcher")


def sign_out(cookie: str) -> None:
    Client().post("/accounts/logout/", HTTP_COOKIE=cookie)


def change_password() -> None:
    user = watcher()
    user.set_password("another one of 25 letters")
    user.save()


def deactivate() -> None:
    user = watcher()
    user.is_active = False
    user.save()


def in_group() -> Group:
    """Gives the watcher its permission by a group instead."""
    permission, group = Permission.objects.get(codename="view_user"), Group.objects.create(name="watchers")
    group.permissions.add(permission)
    watcher().groups.add(group)
    User.user_permissions.through.objects.all().delete()
    return group


CHANGES: dict[str, tuple[Callable[..., object], int]] = {
    "signed out": (sign_out, 4501),
    "session deleted": (lambda: Session.objects.all().delete(), 4501),
    "password changed": (change_password, 4501),
    "deactivated": (deactivate, 4501),
    "deleted": (lambda: watcher().delete(), 4501),
    "permission taken away": (lambda: watcher().user_permissions.set([]), 4503),
    "taken out of its group": (lambda: watcher().groups.set([]), 4503),
    "group emptied": (lambda: Group.objects.get().user_set.set([]), 4503),
    "group lost its permission": (lambda: Group.objects.get().permissions.set([]), 4503),
    "group deleted": (lambda: Group.objects.get().delete(), 4503),
}
OF_A_GROUP = {name for name in CHANGES if "group" in name}


@pytest.mark.fault("access ends while a client watches")
@pytest.mark.parametrize("change", CHANGES)
async def test_a_socket_and_a_long_poll_end_when_their_user_is(patient_web: str, cookie: str, change: str) -> None:
    lose, code = CHANGES[change]
    if change in OF_A_GROUP:
        await in_thread(in_group)()
    async with watching(patient_web, cookie=cookie) as (socket, poll):
        await in_thread(lose)(*([cookie] if change == "signed out" else []))
        assert await close_code(socket) == code
        answer = await poll
    assert answer.problem == {4501: (401, "not_signed_in"), 4503: (403, "not_allowed")}[code]


@pytest.mark.fault("access ends while a client watches")
async def test_a_socket_and_a_long_poll_end_when_their_token_is_revoked(patient_web: str, cookie: str) -> None:
    token = await in_thread(lambda: tokens.make_token(user=watcher(), name="test", days=1))()
    async with watching(patient_web, token=token) as (socket, poll):
        await in_thread(lambda: tokens.revoke_token(token_id=Token.objects.get().pk))()
        assert await close_code(socket) == 4501
        assert (await poll).problem == (401, "not_signed_in")


@asynccontextmanager
async def watching(
    web: str, *, cookie: str = "", token: str = ""
) -> AsyncIterator[tuple[ClientConnection, "asyncio.Future[Answer]"]]:
    """Yields an open socket, and a poll that waits for events which never come."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with ThreadPoolExecutor() as pool:
        call = partial(fetch, f"{web}{EVENTS}?wait=30&job=999", cookie, **headers)
        poll = asyncio.get_running_loop().run_in_executor(pool, call)
        async with connect_to(f"{web}/ws/users/?job=999", cookie, token=token) as socket:
            await receive(socket)
            await wait_until_async(lambda: connections(web) == 2)
            yield socket, poll


def connections(web: str) -> int:
    text = fetch(f"{web}/metrics", Authorization=f"Bearer {METRICS_TOKEN}").text
    return int(float(text.partition("\narrivals_process_connections ")[2].partition("\n")[0]))
