"""Requests that a web process cannot read get a status and one sentence, even if the client is still sending."""

import json
import socket
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

HOST = b"Host: 127.0.0.1\r\n"
UPGRADE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
MANY = b"".join(b"X-%d: a\r\n" % number for number in range(501))
PIECES = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 1_000) for number in range(17))


def request(path: bytes = b"/health/live", headers: bytes = b"", *, method: bytes = b"GET") -> bytes:
    return method + b" " + path + b" HTTP/1.1\r\n" + HOST + headers + b"\r\n"


def long_header(size: int) -> bytes:
    return b"Cookie: a=" + b"a" * size + b"\r\n"


def answer(web: str, sent: bytes) -> tuple[str, str]:
    """Returns the head and the body of the answer, read to the end of the connection."""
    parts = urlsplit(web)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as raw:
        with suppress(ConnectionError):
            raw.sendall(sent)
        with raw.makefile("rb") as stream:
            head, _, body = stream.read().decode().partition("\r\n\r\n")
    return head, body


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (431, request(headers=long_header(17_000))),
        (431, request(headers=long_header(5_000_000))),
        (431, request(headers=long_header(17_000))[:-4]),
        (431, request(headers=PIECES)),
        (431, request(headers=MANY)),
        (431, request(b"/accounts/login/", long_header(17_000) + b"Content-Length: 3\r\n", method=b"POST") + b"a=b"),
        (431, request(b"/ws/users/", UPGRADE + long_header(17_000))),
        (431, request(b"/ws/users/", UPGRADE + PIECES)),
        (414, request(b"/" + b"a" * 17_000)),
        (414, request(b"/?q=" + b"a" * 1_000_000)),
        (414, request(b"/ws/users/?after=" + b"1" * 17_000, UPGRADE)),
        (400, b"\x16\x03\x01\r\n\r\n"),
        (400, request(headers=b"no colon\r\n")),
        (400, request(headers=b"Content-Length: x\r\n", method=b"POST")),
        (400, request(headers=b"Transfer-Encoding: chunked\r\n", method=b"POST") + b"x\r\n"),
    ],
)
def test_an_unreadable_request_gets_a_status_and_a_sentence(web: str, status: int, sent: bytes) -> None:
    head, body = answer(web, sent)
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert "Connection: close" in head
    assert body.endswith(".\n")


@pytest.mark.parametrize(
    ("code", "status", "sent"),
    [
        ("headers_too_large", 431, request(b"/api/users", long_header(17_000))),
        ("uri_too_long", 414, request(b"/api/users?q=" + b"a" * 17_000)),
        ("bad_request", 400, request(b"/api/users", b"no colon\r\n")),
    ],
)
def test_an_unreadable_request_to_the_api_gets_a_problem(web: str, code: str, status: int, sent: bytes) -> None:
    head, body = answer(web, sent)
    assert "Content-Type: application/problem+json" in head
    problem = json.loads(body)
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, "about:blank")
    assert problem["detail"].endswith(".")


def test_a_request_before_the_unreadable_one_is_answered(web: str) -> None:
    head, rest = answer(web, request() + request(headers=long_header(17_000)))
    assert head.startswith("HTTP/1.1 200 OK")
    assert "HTTP/1.1 431 " in rest


@pytest.mark.parametrize("sent", [request(headers=long_header(16_000)), request(b"/health/live?" + b"a" * 16_000)])
def test_a_request_within_the_limits_is_served(web: str, sent: bytes) -> None:
    head, _ = answer(web, sent.replace(HOST, HOST + b"Connection: close\r\n"))
    assert head.startswith("HTTP/1.1 200 OK")
