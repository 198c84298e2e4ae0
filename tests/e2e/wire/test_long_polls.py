"""The long poll over real connections: it returns what the socket sends, and blocks no other request."""

import asyncio
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from realtime import outbox
from task.jobs import slices
from task.jobs.start import start_job
from tests.integration.task.api.test_events import EVENTS, head, offsets
from tests.support.answer import Answer
from tests.support.clients.caller import fetch
from tests.support.clients.watcher import Watcher
from tests.support.database import Append, at_once, database_url, session_of
from tests.support.services.service import ROOT, answers, free_port
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def test_a_poll_returns_the_same_events_as_the_socket(web: str, cookie: str) -> None:
    job = start_job(total=60).job
    slices.work(job_id=job.pk, task_id=job.lanes.get().task_id, size=25, seconds=60)
    watcher = Watcher(web, cookie, after=0)
    end = head()
    asyncio.run(asyncio.wait_for(watcher.follow(lambda seen: seen.offset == end), 240))
    polled = fetch(f"{web}{EVENTS}?after=0&limit=100", cookie)
    assert polled.json["events"] == watcher.events
    assert len(watcher.events) == end > 60


def test_many_polls_wait_at_once_and_all_get_the_new_events(web: str, cookie: str, append: Append) -> None:
    start = append(1)
    epoch = outbox.head("users").epoch
    address = f"{web}{EVENTS}?after={start}&epoch={epoch}&wait=30"

    def poll_or_append(number: int) -> Answer:
        return fetch(address, cookie) if number else Answer(append(2), {}, "")

    numbers = iter([*range(1, 21), 0])
    answers = at_once(21, lambda: poll_or_append(next(numbers)))
    assert [offsets(answer.json) for answer in answers if answer.text] == [[start + 1, start + 2]] * 20


def test_a_poll_without_events_ends_after_its_wait(web: str, cookie: str, append: Append) -> None:
    end = append(1)
    found = fetch(f"{web}{EVENTS}?wait=1", cookie)
    assert (found.status, found.json["events"], found.json["last"]) == (200, [], end)


def test_a_disconnected_poll_releases_its_connection(web: str) -> None:
    """Enough polls to reach the user's connection limit, all cut off while they wait."""
    cookie = session_of("coming-and-going", "view_user")
    address = urlsplit(web)
    request = f"GET {EVENTS}?wait=30 HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookie}\r\n\r\n".encode()

    def is_full() -> bool:
        return fetch(f"{web}{EVENTS}", cookie).status == 429

    with ExitStack() as stack:

        def fill() -> bool:
            connection = socket.create_connection((str(address.hostname), int(address.port or 0)))
            stack.enter_context(connection).sendall(request)
            return is_full()

        wait_until(fill)
    wait_until(lambda: not is_full())


def test_daphne_stops_although_polls_are_waiting(cookie: str) -> None:
    port = free_port()
    command = [sys.executable, "-m", "daphne", "-v", "0", "--access-log", "/dev/null", "-p", str(port)]
    environment = {**os.environ, "DATABASE_URL": database_url()}
    process = subprocess.Popen([*command, "asgi_config.asgi:application"], cwd=ROOT, env=environment)
    request = f"GET {EVENTS}?wait=30 HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode()
    try:
        wait_until(lambda: answers(port))
        with ExitStack() as stack:
            for _ in range(10):
                connection = socket.create_connection(("127.0.0.1", port))
                stack.enter_context(connection).sendall(request)
            assert fetch(f"http://127.0.0.1:{port}{EVENTS}?wait=1", cookie).status == 200
            process.terminate()
            assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()


def test_a_poll_needs_a_permitted_user_but_no_csrf_token(web: str, cookie: str) -> None:
    assert fetch(f"{web}{EVENTS}", cookie).status == 200
    assert fetch(f"{web}{EVENTS}?wait=30").problem == (401, "not_signed_in")
    assert fetch(f"{web}{EVENTS}?wait=30", session_of("nobody")).problem == (403, "not_allowed")
