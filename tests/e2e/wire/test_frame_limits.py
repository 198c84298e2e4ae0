"""Limits for frames that never reach the consumer, and for sockets that are opened in a loop, on a real web process."""

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.conf import settings

from realtime.endpoints.connection_limits import OPENED_AT_ONCE
from realtime.endpoints.flow_control import FRAMES_AT_ONCE
from tests.chaos.checks import raw_client
from tests.chaos.checks.raw_client import CONTINUATION, PING, PONG, TEXT, frame
from tests.e2e.wire.test_token_socket import token_of

pytestmark = [pytest.mark.django_db(transaction=True)]

BELOW = "a client floods the server with frames below the consumer"
START = frame(TEXT, is_final=False)


@pytest.fixture
def token() -> str:
    return token_of("program", "view_user")


@pytest.fixture
def raw(web: str, token: str) -> Iterator[socket.socket]:
    with raw_client.connection(web, token) as raw:
        yield raw


@pytest.mark.fault(BELOW)
@pytest.mark.parametrize(
    ("start", "repeated"),
    [
        pytest.param(b"", frame(PING), id="pings"),
        pytest.param(b"", frame(PONG, b"never asked"), id="pongs"),
        pytest.param(START, frame(CONTINUATION, is_final=False), id="empty fragments"),
        pytest.param(START, frame(CONTINUATION, b"x", is_final=False), id="fragments"),
    ],
)
def test_too_many_frames_below_the_consumer_are_closed_with_4500(
    raw: socket.socket, start: bytes, repeated: bytes
) -> None:
    with suppress(OSError):
        raw.sendall(start + repeated * 2 * FRAMES_AT_ONCE)
    code, reason = raw_client.close_frame(raw)
    assert code == 4500
    assert reason == "Send at most 20 frames a second that acknowledge nothing new."


@pytest.mark.parametrize("early", [raw_client.text_frame("["), frame(PING), b"GET / HTTP/1.1\r\n\r\n", b"x" * 100_000])
def test_what_comes_before_the_answer_to_the_handshake_does_no_harm(web: str, token: str, early: bytes) -> None:
    """It may be lost, and it may end the connection, but neither the handshake nor another connection."""
    with raw_client.connection(web, token, early=early), raw_client.connection(web, token) as another:
        another.sendall(raw_client.text_frame("["))
        assert raw_client.close_code(another) == 4500


def test_pings_within_the_limit_are_answered(raw: socket.socket) -> None:
    raw.sendall(frame(PING, b"?") * 400 + raw_client.text_frame('{"type":"wave"}'))
    raw.sendall(frame(raw_client.CLOSE, b"\x03\xe8"))
    with raw.makefile("rb") as stream:
        assert stream.read().count(b"\x8a\x01?") == 400


def test_a_message_in_fragments_is_read_as_one(raw: socket.socket) -> None:
    raw.sendall(START + frame(CONTINUATION, b"[", is_final=False) + frame(CONTINUATION, b"]"))
    assert raw_client.close_frame(raw) == (4500, "Send each message as a JSON object.")


@pytest.mark.fault(BELOW)
def test_a_message_is_refused_by_its_length_before_its_payload_comes(raw: socket.socket) -> None:
    raw.sendall(raw_client.frame_head(TEXT, 2**40))
    assert raw_client.close_frame(raw) == (4500, "Send messages of at most 1024 characters.")


@pytest.mark.fault(BELOW)
def test_a_long_message_in_small_fragments_is_refused(raw: socket.socket) -> None:
    raw.sendall(START + frame(CONTINUATION, b"x" * 125, is_final=False) * 40)
    assert raw_client.close_frame(raw) == (4500, "Send messages of at most 1024 characters.")


@pytest.mark.fault("an invalid frame")
@pytest.mark.parametrize(
    ("invalid", "reason"),
    [
        (b"\x81\x02{}", "unmasked client-to-server frame"),
        (b"\xc1\x82" + bytes(4) + b"{}", "RSV = 4 and no extension negotiated"),
        (b"\x83\x80" + bytes(4), "data frame using reserved opcode 3"),
        (frame(CONTINUATION), "received continuation data frame outside fragmented message"),
        (frame(TEXT, b"\xff"), "encountered invalid UTF-8 while processing text message at payload octet index 0"),
    ],
)
def test_a_frame_against_the_standard_is_closed_with_4500_and_the_reason(
    raw: socket.socket, invalid: bytes, reason: str
) -> None:
    raw.sendall(invalid)
    assert raw_client.close_frame(raw) == (4500, f"Send valid WebSocket frames: {reason}.")


@pytest.mark.fault("a client opens sockets in a loop")
def test_sockets_opened_in_a_loop_are_closed_with_4000_before_their_token_is_looked_up(web: str) -> None:
    codes = set()
    for _ in range(OPENED_AT_ONCE * settings.SOCKETS_MAX * 2):
        with raw_client.connection(web, "unknown") as raw:
            codes.add(raw_client.close_frame(raw))
        if len(codes) == 2:
            break
    assert codes == {
        (4501, "The token is unknown, expired or revoked."),
        (4000, "You connect too often: wait longer before each new attempt."),
    }
