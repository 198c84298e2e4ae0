"""The project's nginx in front of an echo server: what it passes on, refuses, limits and logs."""

import http.client
import json
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.chaos.checks.memory import MIB
from tests.support.services.deployment import write_nginx
from tests.support.services.service import free_port
from tests.support.waiting import wait_until
from tests.support.web import DEADLINE, nginx

FORGED = {
    "X-Forwarded-For": "1.2.3.4",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "1",
    "Forwarded": "for=1.2.3.4",
    "X-Request-ID": "of-somebody-else",
}
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket"}
LIMIT = 100
SIGN_INS_MAX = 100
LARGE = 64 * MIB  # more than all buffers of all connections on the way
STALLED_SECONDS = 3


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers of the request. Leaves a download unfinished, and holds a socket at /ws/.

    Notes in `sent` whether it could send all of /large.
    """

    protocol_version = "HTTP/1.1"
    sent: ClassVar[list[bool]] = []

    def do_GET(self) -> None:
        if self.path.startswith("/ws/"):
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            self._wait()
            return
        if self.path == "/large":
            self._send_large()
            return
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        is_download = self.path.endswith("/credentials")
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) + is_download))
        self.end_headers()
        self.wfile.write(body)
        if is_download:
            self._wait()

    def _send_large(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(LARGE))
        self.end_headers()
        self.close_connection = True
        self.connection.settimeout(STALLED_SECONDS)
        try:
            self.connection.sendall(bytes(LARGE))
        except TimeoutError:
            self.sent.append(False)
        else:
            self.sent.append(True)

    def _wait(self) -> None:
        """Waits until the client disconnects."""
        self.close_connection = True
        self.connection.recv(1)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *arguments: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.block_on_close = False
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="arrivals-proxy-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def proxy(echo: int, folder: Path) -> Iterator[int]:
    """Serves the echo server, and a second web process whose port is closed, as during a restart.

    Takes the client's address from X-Real-IP, as behind another proxy (listen.conf).
    """
    port = free_port()
    write_nginx(folder, port=port, web_ports=[free_port(), echo])
    with (folder / "listen.conf").open("a") as listen:
        listen.write("set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;")
    with nginx(folder, port):
        yield port


@contextmanager
def request(
    port: int, path: str = "/", *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Iterator[http.client.HTTPResponse]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)) as connection:
        connection.request(method, path, body=body or None, headers=headers or {})
        with closing(connection.getresponse()) as response:
            yield response


def forwarded_headers(port: int, headers: Mapping[str, str] | None = None) -> dict[str, str]:
    """Returns the headers that the web process got."""
    with request(port, headers=headers) as response:
        return json.loads(response.read())  # type: ignore[no-any-return]


def test_forwarding_headers_of_a_client_are_replaced(proxy: int) -> None:
    found = forwarded_headers(proxy, FORGED)
    assert (found["x-forwarded-for"], found["x-forwarded-proto"]) == ("127.0.0.1", "http")
    assert not {"x-forwarded-port", "forwarded"} & set(found)
    assert found["x-request-id"] not in {"of-somebody-else", forwarded_headers(proxy)["x-request-id"]}
    assert found["host"] == f"127.0.0.1:{proxy}"


def test_a_page_gets_its_own_connection_and_a_socket_is_upgraded(proxy: int) -> None:
    assert forwarded_headers(proxy)["connection"] == "close"
    found = forwarded_headers(proxy, UPGRADE)
    assert (found["connection"], found["upgrade"]) == ("upgrade", "websocket")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_stopped_web_process_fails_no_request(proxy: int, method: str) -> None:
    for _ in range(20):
        with request(proxy, method=method, body=b"a=b" if method == "POST" else b"") as response:
            assert response.status == 200
            response.read()


def test_a_download_is_streamed(proxy: int) -> None:
    with request(proxy, "/api/jobs/1/credentials") as response:
        assert response.read1(10) != b""


def socket_of(proxy: int, address: str) -> AbstractContextManager[http.client.HTTPResponse]:
    return request(proxy, "/ws/users/", headers=UPGRADE | {"X-Real-IP": address})


@pytest.mark.parametrize(
    ("share", "one_more", "another"),
    [
        (["192.0.2.7"] * LIMIT, "192.0.2.7", "192.0.2.8"),
        ([f"2001:db8:0:1::{n:x}" for n in range(LIMIT)], "2001:db8:0:1:ffff::", "2001:db8:0:2::"),
        (["::ffff:192.0.2.9"] * LIMIT, "::ffff:192.0.2.9", "::ffff:192.0.2.10"),
    ],
    ids=["IPv4", "IPv6", "IPv4 as IPv6"],
)
def test_sockets_are_limited_per_address_or_network(proxy: int, share: list[str], one_more: str, another: str) -> None:
    with ExitStack() as stack:
        held = [stack.enter_context(socket_of(proxy, address)) for address in share]
        assert {response.status for response in held} == {101}
        with socket_of(proxy, one_more) as refused, socket_of(proxy, another) as taken:
            assert (refused.status, taken.status) == (429, 101)
        with request(proxy, "/users/", headers={"X-Real-IP": one_more}) as page:
            assert page.status == 200


@pytest.mark.fault("a client opens sockets in a loop")
def test_an_address_that_opens_sockets_in_a_loop_is_refused(proxy: int) -> None:
    """All sockets of an address may reconnect, and again after a failed attempt."""
    statuses: list[int] = []
    while 429 not in statuses and len(statuses) < 10 * LIMIT:
        with socket_of(proxy, "192.0.2.11") as response:
            statuses.append(response.status)
    assert statuses[-1] == 429
    assert statuses.count(101) >= 2 * LIMIT
    with socket_of(proxy, "192.0.2.12") as another:
        assert another.status == 101


@pytest.mark.parametrize("path", ["/accounts/login/", "/admin/login/", "/accounts/password/", "/accounts/link/"])
def test_sign_ins_are_limited_per_address(proxy: int, path: str) -> None:
    """Sends them without waiting for an answer: most wait for their turn, and nginx refuses the last ones at once."""
    one, another = {"X-Real-IP": f"198.51.100.{len(path)}"}, {"X-Real-IP": "203.0.113.1"}
    with ExitStack() as stack:
        for _ in range(SIGN_INS_MAX + 50):
            last = stack.enter_context(closing(http.client.HTTPConnection("127.0.0.1", proxy, timeout=DEADLINE)))
            last.request("POST", path, headers=one)
        assert last.getresponse().status == 429
        for method, headers in (("GET", one), ("POST", another)):
            with request(proxy, path, method=method, headers=headers) as response:
                assert response.status == 200


def test_answers_are_limited_per_address(proxy: int) -> None:
    """Downloads last as long as their clients like."""
    address = {"X-Real-IP": "192.0.2.30"}
    with ExitStack() as stack:
        for _ in range(LIMIT):
            held = stack.enter_context(request(proxy, "/api/jobs/1/credentials", headers=address))
            assert held.status == 200
        with request(proxy, "/users/", headers=address) as refused, socket_of(proxy, "192.0.2.30") as watching:
            assert (refused.status, watching.status) == (429, 101)
        with request(proxy, "/users/", headers={"X-Real-IP": "192.0.2.31"}) as another:
            assert another.status == 200


def test_a_large_answer_is_taken_only_as_fast_as_its_client_reads(proxy: int) -> None:
    """By default nginx copies up to 1 GB of each unread answer to its disk."""
    with request(proxy, "/large"):
        assert wait_until(lambda: Echo.sent, DEADLINE) == [False]


def test_a_too_large_body_does_not_reach_a_web_process(proxy: int) -> None:
    with request(proxy, method="POST", body=b"a" * 300_000) as response:
        assert response.status == 413


def test_metrics_are_not_served(proxy: int) -> None:
    with request(proxy, "/metrics") as response:
        assert response.status == 404


def test_only_refused_requests_are_logged_and_without_their_query(proxy: int, folder: Path) -> None:
    path = "/accounts/link/?token=of-a-sign-in"
    with request(proxy, path) as passed_on, request(proxy, path, method="POST", body=b"a" * 300_000) as refused:
        assert (passed_on.status, refused.status) == (200, 413)

    line = r'status=413 method=POST uri="/accounts/link/" request=\w{32} address=127.0.0.1 upstream="-"'
    wait_until(lambda: re.search(line, (folder / "said").read_text()), DEADLINE)
    log = (folder / "said").read_text()
    assert "status=200" not in log
    assert "of-a-sign-in" not in log
