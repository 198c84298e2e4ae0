"""Clients that do not read their HTTP answers: they cost the web process a bounded memory, and are cut off."""

import re
import select
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from asgi_config.web.http_backpressure import STALLED_MAX
from tests.chaos.checks import leaks
from tests.chaos.checks.memory import MIB, resident_bytes
from tests.chaos.checks.raw_client import SMALL_BUFFER
from tests.chaos.checks.truth import Truth
from tests.chaos.faults.hits import Strikes
from tests.chaos.form import either
from tests.support.services.program import Program
from tests.support.services.service import Service
from tests.support.waiting import wait_until

CLIENTS = STALLED_MAX + 20
TOTAL = 20_000
SECONDS = 120
BUNDLE = "ninja/swagger-ui-bundle.js"  # 1.5 MB, the largest file that a stranger may load

pytestmark = [
    pytest.mark.timeout(either(short=1200, long=1800)),
    pytest.mark.skipif(sys.platform != "linux", reason="Needs /proc to measure memory; run it on Linux"),
]


@dataclass(frozen=True)
class Site:
    """A service with a job, whose export and whose events are far larger than the buffers of a connection."""

    service: Service
    program: Program
    job: int

    @property
    def memory(self) -> int:
        pid = self.service.pids().web
        assert pid
        return resident_bytes(pid)

    def path_of(self, what: str) -> str:
        if what == "export":
            return f"/api/jobs/{self.job}/credentials?format=json"
        if what == "long poll":
            return "/api/events?after=0&limit=100"
        found = re.search(r'href="(/static/[^/]+/)', self.program.get("/accounts/login/").text)
        assert found
        return found[1] + BUNDLE

    @contextmanager
    def request(self, path: str) -> Iterator[socket.socket]:
        """Sends a request on a connection with a small buffer, and reads nothing."""
        parts = urlsplit(self.service.address)
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            client.settimeout(SECONDS)
            client.connect((parts.hostname, parts.port))
            head = f"Host: {parts.netloc}\r\nConnection: close\r\nAuthorization: Bearer {self.program.token}\r\n"
            client.sendall(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
            yield client

    def peak_until_cut_off(self, clients: list[socket.socket]) -> int:
        """Returns the largest memory until the server has ended all connections. Meanwhile the API answers."""
        peak = 0

        def all_have_ended() -> bool:
            nonlocal peak
            peak = max(peak, self.memory)
            assert self.program.get("/api/users?limit=1").status == 200
            return all(has_ended(client) for client in clients)

        wait_until(all_have_ended, SECONDS)
        return peak


def has_ended(client: socket.socket) -> bool:
    """Returns whether the server has ended the connection. Poll reports it without a read."""
    poll = select.poll()
    poll.register(client, select.POLLRDHUP)
    return bool(poll.poll(0))


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Service(environment={"TOO_SLOW_SECONDS": "2"}, may_complain=True) as service:
        program = Program(service)
        job = program.post("/api/jobs", {"total": TOTAL}).json["id"]
        truth = Truth(service.var_dir)
        service.wait_until(lambda: truth.jobs()[job].state == "finished", SECONDS)
        yield Site(service, program, job)
        assert "Traceback" not in service.stderr, service.stderr


@pytest.mark.fault("clients do not read their HTTP answers")
@pytest.mark.parametrize(("what", "most"), [("static file", 64 * MIB), ("long poll", 128 * MIB), ("export", 96 * MIB)])
def test_unread_answers_cost_a_bounded_memory_and_are_cut_off(
    site: Site, strikes: Strikes, what: str, most: int
) -> None:
    path = site.path_of(what)
    with site.request(path) as client:
        site.peak_until_cut_off([client])
    before = site.memory
    with ExitStack() as stack:
        clients = [stack.enter_context(site.request(path)) for _ in range(CLIENTS)]
        peak = site.peak_until_cut_off(clients)
        strikes.hit(times=CLIENTS)
    strikes.note(f"{CLIENTS} unread answers, {what}: RSS grew by {(peak - before) // MIB} MiB at most")
    assert peak - before < most
    site.service.wait_until(lambda: not leaks.connections_to(site.service.address), SECONDS)
    assert site.program.get(path).status == 200
