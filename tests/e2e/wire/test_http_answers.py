"""Answers of the web process over real connections: in order, without a body for HEAD, and few of them unread."""

import http.client
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
from django.conf import settings

from asgi_config.web.http_backpressure import STALLED_MAX
from task.models import Account
from tests.support import stepping
from tests.support.database import Append, session_of
from tests.support.services.service import free_port
from tests.support.waiting import wait_until
from tests.support.web import DEADLINE, web_process

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

BUNDLE = f"/{settings.STATIC_URL.strip('/')}/ninja/swagger-ui-bundle.js"  # 1.5 MB
EVENTS = "/api/events?after=0&limit=100"
ROWS = 12_000  # 1 MB
LARGE = 40 * 200  # events in more than two parts of 64 KiB


@pytest.fixture(scope="module")
def port(django_db_setup: None, redis: str) -> Iterator[int]:
    port = free_port()
    with web_process(port, TOO_SLOW_SECONDS="3600"):
        yield port


@contextmanager
def connected(port: int) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)) as connection:
        yield connection


def test_one_connection_serves_large_and_small_answers_in_turn(port: int, cookie: str, append: Append) -> None:
    append(LARGE)
    with connected(port) as connection:
        for path in [EVENTS, "/health/live"] * 3:
            connection.request("GET", path, headers={"Cookie": cookie})
            opened = connection.sock
            response = connection.getresponse()
            assert response.status == 200
            assert len(response.read()) == int(response.headers["Content-Length"])
            assert connection.sock is opened


def test_requests_that_are_sent_at_once_get_their_answers_in_order(port: int, cookie: str, append: Append) -> None:
    append(LARGE)
    head = f"Host: localhost\r\nCookie: {cookie}\r\n"
    paths = [EVENTS, "/health/live", EVENTS]
    requests = [f"GET {path} HTTP/1.1\r\n{head}\r\n" for path in paths]
    requests.append(f"GET /static/nothing HTTP/1.1\r\n{head}Connection: close\r\n\r\n")
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE) as client:
        client.sendall("".join(requests).encode())
        with client.makefile("rb") as stream:
            answers = stream.read().split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"200", b"200", b"200", b"404"]
    assert len(answers[0]) == len(answers[2]) > 128 * 1024


def test_the_answer_to_head_has_no_body_also_if_it_is_large(port: int, cookie: str, append: Append) -> None:
    append(LARGE)
    with connected(port) as connection:
        for method in ["HEAD", "GET"]:
            connection.request(method, EVENTS, headers={"Cookie": cookie})
            response = connection.getresponse()
            assert response.status == 200
            body = response.read()
    assert len(body) > 128 * 1024


def unread_answer(port: int, path: str, cookie: str = "") -> socket.socket:
    """Sends a request on a connection with a small buffer, and reads nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    head = f"Host: localhost\r\nConnection: close\r\nCookie: {cookie}\r\n"
    client.sendall(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
    return client


def test_the_longest_unread_answers_are_cut_off_if_there_are_too_many(port: int) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(unread_answer(port, BUNDLE))) for _ in range(STALLED_MAX)]
        poll = select.poll()
        for client in clients:
            poll.register(client, select.POLLRDHUP)
        newer = [stack.enter_context(closing(unread_answer(port, BUNDLE))) for _ in range(5)]
        wait_until(lambda: len(poll.poll(0)) == len(newer), DEADLINE)
        with connected(port) as connection:
            connection.request("GET", BUNDLE)
            assert len(connection.getresponse().read()) > 1_000_000


def test_rows_of_an_export_are_read_only_as_fast_as_its_client_reads(port: int) -> None:
    """A second export that is read to its end gives the first one all the time that it would need."""
    job, cookie = stepping.finished(ROWS), session_of("exporter", "export_credentials")
    path = f"/api/jobs/{job.pk}/credentials"
    with closing(unread_answer(port, path, cookie)) as first, connected(port) as connection:
        assert first.recv(1)
        for _ in range(2):
            connection.request("GET", path, headers={"Cookie": cookie})
            assert connection.getresponse().read().count(b"\n") == ROWS + 1
        Account.objects.filter(job=job).delete()
        with first.makefile("rb") as stream:
            assert stream.read().count(b"\n") < ROWS
