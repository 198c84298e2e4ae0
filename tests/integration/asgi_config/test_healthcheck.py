"""The health check command of a container: the address that it requests, and its message for a fault."""

import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from asgi_config import healthcheck


class ReadyOnly(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health/ready?need=database" else 503)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), ReadyOnly) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def check(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["healthcheck", *arguments])
    healthcheck.main()


def test_the_health_check_requests_the_whole_address(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    check(monkeypatch, f"{address}/health/ready?need=database")


def test_a_status_other_than_200_is_a_fault(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    with pytest.raises(SystemExit, match="answers 503"):
        check(monkeypatch, f"{address}/health/ready")


@pytest.mark.parametrize("wrong", [[], ["https://127.0.0.1/"], ["http://a/", "http://b/"]], ids=["none", "tls", "two"])
def test_invalid_arguments_print_the_usage(monkeypatch: pytest.MonkeyPatch, wrong: list[str]) -> None:
    with pytest.raises(SystemExit, match="Usage: "):
        check(monkeypatch, *wrong)


def test_an_invalid_address_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="does not answer"):
        check(monkeypatch, "http://127.0.0.1:no/")
