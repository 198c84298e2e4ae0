"""The web process reads a flood of frames in turns, and reads nothing more after it has cut a client."""

import asyncio

import pytest
from daphne.server import Server
from daphne.ws_protocol import WebSocketFactory
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from asgi_config.web.websocket_protocol import PAUSE_SECONDS, STEPS_A_TURN, WAITING_MESSAGES, LimitedWebSocketProtocol
from realtime.endpoints.flow_control import FRAMES_AT_ONCE
from tests.chaos.checks.raw_client import PING, frame, text_frame

TEXT = text_frame("{}")


@pytest.fixture
def protocol() -> LimitedWebSocketProtocol:
    """A connection after its handshake, on a transport and a clock in memory."""
    protocol = LimitedWebSocketProtocol()
    protocol.factory, protocol.clock = WebSocketFactory(Server), Clock()
    protocol.makeConnection(StringTransport())  # type: ignore[no-untyped-call]
    protocol.state, protocol.inside_message, protocol.current_frame = protocol.STATE_OPEN, False, None
    protocol.websocket_version, protocol.path = 13, "/ws/users/"
    protocol.client_addr, protocol.application_queue = None, asyncio.Queue()
    return protocol


def test_the_application_gets_messages_before_all_frames_of_a_read_are_parsed(
    protocol: LimitedWebSocketProtocol,
) -> None:
    protocol.dataReceived(TEXT * 1_000)
    assert protocol.application_queue.qsize() == STEPS_A_TURN / 2
    assert protocol.transport.producerState == "paused"


def test_all_frames_are_read_in_turns_and_reading_goes_on(protocol: LimitedWebSocketProtocol) -> None:
    protocol.dataReceived(TEXT * 1_000)
    taken = 0
    while protocol.transport.producerState == "paused":
        for _ in range(protocol.application_queue.qsize()):
            protocol.application_queue.get_nowait()
            taken += 1
        protocol.clock.advance(PAUSE_SECONDS)
    assert taken + protocol.application_queue.qsize() == 1_000


def test_no_messages_are_read_for_an_application_that_takes_none(protocol: LimitedWebSocketProtocol) -> None:
    protocol.dataReceived(TEXT * 1_000)
    protocol.clock.pump([PAUSE_SECONDS] * 1_000)
    assert protocol.application_queue.qsize() == WAITING_MESSAGES
    assert protocol.transport.producerState == "paused"


@pytest.mark.parametrize("limited", [frame(PING), b"\x01\x80" + bytes(4)], ids=["ping", "fragment"])
def test_a_flood_is_cut_and_not_read_on(protocol: LimitedWebSocketProtocol, limited: bytes) -> None:
    protocol.dataReceived(TEXT + limited + frame(PING) * (FRAMES_AT_ONCE + 100) + TEXT)
    protocol.clock.pump([0] * 1_000)
    assert b"Send at most 20 frames" in protocol.transport.value()
    assert protocol.application_queue.qsize() == 1
    assert protocol.transport.producerState == "paused"


@pytest.mark.parametrize("limited", [TEXT, frame(PING)], ids=["message", "ping"])
def test_frames_after_a_close_count_and_get_no_answer(protocol: LimitedWebSocketProtocol, limited: bytes) -> None:
    protocol.handle_reply({"type": "websocket.close", "code": 4008, "reason": "Too slow."})
    for _ in range(FRAMES_AT_ONCE + 100):
        protocol.dataReceived(limited)
        protocol.application_queue = asyncio.Queue()
    assert protocol.transport.producerState == "paused"
    assert protocol.transport.value() == b"\x88\x0b\x0f\xa8Too slow."
