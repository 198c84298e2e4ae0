"""Logs of a running service at level DEBUG: one job can be traced through them, and they contain no secret."""

import asyncio
import json
from collections.abc import Iterator
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import Request

import pytest

from tests.support.clients.browser import Browser as VisitingBrowser
from tests.support.clients.watcher import Watcher, connect_to
from tests.support.services.program import Program
from tests.support.services.service import Service
from tests.support.waiting import wait_until_async

PASSWORD = "correct-horse-battery-9"
MAIL = "ann@mail.example"
MAKE_ANN = f"from django.contrib.auth.models import User; User.objects.create_user('{MAIL}', '{MAIL}', '{PASSWORD}')"
SHOW_HASH = f"from django.contrib.auth.models import User; print(User.objects.get(username='{MAIL}').password)"
REQUEST = "click-0001.of_the-test"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    chatty = {"LOG_LEVEL": "DEBUG", "LOG_FORMAT": "json", "DEBUG": "1"}
    with Service(may_complain=True, options=["--workers", "1"], environment=chatty) as service:
        yield service


def lines(service: Service) -> list[dict[str, Any]]:
    return [json.loads(line) for line in service.stderr.splitlines()]


async def test_a_job_can_be_traced_by_its_ids_from_the_request_to_the_socket(service: Service) -> None:
    program = Program(service)
    watcher = Watcher(service.address, token=program.token, after=0)
    request = Request(f"{service.address}/api/jobs", data=b'{"total": 60}')
    request.add_header("Content-Type", "application/json")
    request.add_header("X-Request-ID", REQUEST)
    answer = program.send(request)
    await asyncio.wait_for(watcher.follow(lambda seen: seen.kinds["job.finished"] == 1), 240)
    job = answer.json["id"]
    assert {name.lower(): value for name, value in answer.headers.items()}["x-request-id"] == REQUEST
    await asyncio.to_thread(service.wait_until, lambda: any(is_success_of(line, job) for line in lines(service)))
    of_job = [line for line in lines(service) if str(line.get("job")) == str(job)]
    loggers = {line["logger"] for line in of_job if line.get("request") == REQUEST}
    assert {"task.jobs.start", "celery.app.trace"} <= loggers
    sent = [line for line in of_job if line["logger"] == "realtime.endpoints.socket"]
    assert len({line["connection"] for line in sent}) == 1


async def test_every_log_line_of_a_socket_has_the_request_id_of_its_handshake(service: Service) -> None:
    program, url = Program(service), f"{service.address}/ws/users/"
    for given in ("handshake-0001", "no id"):
        async with connect_to(url, token=program.token, headers={"X-Request-ID": given}) as socket:
            await socket.recv()
    opened = [line for line in lines(service) if line["message"].startswith("Socket starts")][-2:]
    for line, expected in zip(opened, ("handshake-0001", None), strict=True):
        found = await lines_until_closed(service, line["connection"])
        assert {one.get("request") for one in found} == {expected}


async def lines_until_closed(service: Service, connection: str) -> list[dict[str, Any]]:
    def all_lines() -> list[dict[str, Any]]:
        of_it = [line for line in lines(service) if line.get("connection") == connection]
        return of_it if any(line["message"].startswith("Socket closed") for line in of_it) else []

    return await wait_until_async(all_lines)


def is_success_of(line: dict[str, Any], job: int) -> bool:
    return line["logger"] == "celery.app.trace" and line.get("job") == job and "succeeded" in line["message"]


def test_every_log_line_of_every_process_is_a_json_object_with_the_same_keys(service: Service) -> None:
    loggers = {line["logger"].partition(".")[0] for line in lines(service)}
    assert all({"at", "level", "logger", "message"} <= line.keys() for line in lines(service))
    assert {"celery", "asgi_config", "daphne"} <= loggers


def test_debug_logs_contain_no_secret(service: Service) -> None:
    service.manage("shell", "-c", MAKE_ANN)
    program, browser = Program(service), Browser(service.address)
    assert browser.sign_in("wrong-" + PASSWORD) == 200
    assert browser.sign_in(PASSWORD) == 302
    assert browser.get(f"/?{urlencode({'q': MAIL, 'token': program.token})}") == 302
    link = service.manage("link").stdout.strip()
    assert VisitingBrowser().use_link(link).status == 200
    assert program.get("/api/jobs").status == 200
    hashed = service.manage("shell", "-v", "0", "-c", SHOW_HASH).stdout.strip()
    redis = (service.var_dir / "redis.url").read_text().partition("://:")[2].partition("@")[0]
    secrets = [PASSWORD, MAIL, program.token, link.partition("token=")[2], redis, hashed, *browser.cookies.values()]
    assert len(secrets) == 8
    assert all(len(secret) > 10 for secret in secrets)
    logs = service.stderr + service.stdout
    assert "/accounts/login/" in logs
    assert [secret for secret in secrets if secret in logs] == []


class Browser:
    """Keeps its cookies, and signs in with the form."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> int:
        return self._send(Request(self.address + path))

    def sign_in(self, password: str) -> int:
        self.get("/accounts/login/")
        form = {"username": MAIL, "password": password, "csrfmiddlewaretoken": self._csrf_token}
        return self._send(Request(f"{self.address}/accounts/login/", data=urlencode(form).encode()))

    @property
    def _csrf_token(self) -> str:
        return next(value for name, value in self.cookies.items() if "csrf" in name)

    def _send(self, request: Request) -> int:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        parts = urlsplit(request.full_url)
        connection = HTTPConnection(parts.netloc, timeout=240)
        connection.request(request.get_method(), f"{parts.path}?{parts.query}", request.data, headers)
        response = connection.getresponse()
        for _, header in filter(lambda pair: pair[0] == "Set-Cookie", response.getheaders()):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        connection.close()
        return response.status
