"""Drain of a stopping web process: sockets get a close code, and running requests get their answer."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import AsyncExitStack, ExitStack, suppress
from urllib.parse import urlencode

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.support.clients.browser import Browser
from tests.support.clients.watcher import connect_to
from tests.support.services.service import ROOT, answers, free_port
from tests.support.web import DEADLINE, FILES, web_process

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

SOCKETS = 30
WAVE = 200


def send(port: int, request: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)
    connection.sendall(request.replace("\n", "\r\n").encode())
    return connection


def sign_in(port: int) -> socket.socket:
    """Sends a sign-in that takes a while: the hash of its wrong password alone takes 0.2 s."""
    browser = Browser()
    page = browser.get(f"http://127.0.0.1:{port}/accounts/login/").read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    body = urlencode({"csrfmiddlewaretoken": found[1], "username": "nobody", "password": "wrong"})
    head = f"POST /accounts/login/ HTTP/1.1\nHost: 127.0.0.1:{port}\nConnection: close\n"
    head += f"Cookie: {browser.cookie_header}\nContent-Type: application/x-www-form-urlencoded\n"
    return send(port, f"{head}Content-Length: {len(body)}\n\n{body}")


def whole_answer(connection: socket.socket) -> str:
    with connection, connection.makefile("rb") as file:
        return file.read().decode()


async def end_of(connection: ClientConnection) -> int | None:
    with suppress(ConnectionClosed):
        async with asyncio.timeout(DEADLINE):
            while True:
                await connection.recv()
    return connection.close_code


async def test_a_drain_closes_sockets_with_4001_and_answers_running_requests(cookie: str) -> None:
    port = free_port()
    with web_process(port, DRAIN_SECONDS="1") as process:
        address = f"http://127.0.0.1:{port}"
        async with AsyncExitStack() as stack:
            watching = [
                await stack.enter_async_context(connect_to(f"{address}/ws/users/", cookie)) for _ in range(SOCKETS)
            ]
            for connection in watching:
                assert '"hello"' in str(await connection.recv())
            poll = send(port, f"GET /api/events?wait=30 HTTP/1.1\nHost: 127.0.0.1\nCookie: {cookie}\n\n")
            form = await asyncio.to_thread(sign_in, port)
            process.terminate()
            assert await asyncio.gather(*map(end_of, watching)) == [4001] * SOCKETS
        found = await asyncio.gather(*(asyncio.to_thread(whole_answer, one) for one in (poll, form)))
        assert [answer.partition("\r\n")[0] for answer in found] == ["HTTP/1.1 200 OK"] * 2
        assert await asyncio.to_thread(process.wait, DEADLINE) == 0
        assert not answers(port)


async def test_with_drain_seconds_0_sockets_still_get_4001(cookie: str) -> None:
    """As under `live`, which has no other web process to reconnect to. Ctrl-C works like SIGTERM."""
    port = free_port()
    with web_process(port, DRAIN_SECONDS="0") as process:
        async with connect_to(f"http://127.0.0.1:{port}/ws/users/", cookie) as connection:
            assert '"hello"' in str(await connection.recv())
            process.send_signal(signal.SIGINT)
            assert await end_of(connection) == 4001
        assert await asyncio.to_thread(process.wait, DEADLINE) == 0


def test_a_wave_of_new_connections_is_accepted_while_the_process_is_busy() -> None:
    """As after the end of another web process. A stopped one is as busy as possible. WAVE exceeds its file limit."""
    assert WAVE > FILES
    port = free_port()
    request = "GET /health/live HTTP/1.1\nHost: localhost\nConnection: close\n\n"
    with web_process(port) as process, ExitStack() as stack:
        assert whole_answer(send(port, request))  # it serves, so it is not between its two calls of listen()
        process.send_signal(signal.SIGSTOP)
        wave = [stack.enter_context(send(port, request)) for _ in range(WAVE)]
        process.send_signal(signal.SIGCONT)
        assert all(whole_answer(one).startswith("HTTP/1.1 200 OK") for one in wave)


def test_an_invalid_setting_gives_a_one_line_error(tmp_path: object) -> None:
    environment = {**os.environ, "DRAIN_SECONDS": "soon", "VAR_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "asgi_config.web"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, "DRAIN_SECONDS='soon' is not a number of seconds from 0 to 86400.\n")
