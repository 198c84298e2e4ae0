"""The WebSocket protocol of a web process: daphne's, with limits for what never reaches the application.

autobahn itself handles pings, pongs and fragments, and all frames after a close. Unlimited, they keep the event loop
busy: one client made /health/live take 1.2 s with empty fragments and 4 s with pings, instead of 3 ms.
"""

# ruff: noqa: N802 (autobahn's names)

from typing import Any

from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import reactor

from realtime.endpoints.flow_control import RateLimit
from realtime.metrics import counted
from realtime.protocol import INBOUND_CHARACTERS, CloseCode, Disconnect

INBOUND_BYTES = 4 * INBOUND_CHARACTERS  # UTF-8 takes at most four bytes a character
CONTROL_OPCODES = 8
STEPS_A_TURN = 128  # the head and the payload of a frame are a step each; 64 frames take 1 to 2 ms
WAITING_MESSAGES = 64
PAUSE_SECONDS = 0.01


class LimitedWebSocketProtocol(WebSocketProtocol):  # type: ignore[misc]
    """Closes with 4500 after too many frames, or a message that is too long. Reads in turn with other connections."""

    CONFIG_ATTRS = ()  # autobahn formats them for a debug line in every handshake: 2.2 of its 5 ms
    clock: Any = reactor
    _is_cut = False
    _has_next_turn = False

    def connectionMade(self) -> None:
        self._rate_limit = RateLimit()
        for name in WebSocketProtocol.CONFIG_ATTRS:
            setattr(self, name, getattr(self.factory, name))
        super().connectionMade()

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Sends the reason of a close too, which daphne leaves out."""
        if message["type"] == "websocket.close" and self.state != self.STATE_CONNECTING:
            self.sendClose(message.get("code", 1000), message.get("reason"))
        else:
            super().handle_reply(message)

    def consumeData(self) -> None:
        """Handles some frames of the received data, and the rest in the next turn. Reads no more until then.

        Otherwise the 11,000 empty frames of one read take 0.4 s. While an application that waits for the database takes
        no messages, none are read for it.
        """
        if self.state == self.STATE_CONNECTING:
            if not hasattr(self, "handshake_deferred"):
                self.processHandshake()
            return
        is_behind = self.state != self.STATE_CLOSED and self.application_queue.qsize() >= WAITING_MESSAGES
        for _ in range(0 if is_behind else STEPS_A_TURN):
            if self._is_cut or self.state == self.STATE_CLOSED or not self.processData():
                return
        if not self._has_next_turn:
            self._has_next_turn = True
            self.transport.pauseProducing()
            self.clock.callLater(PAUSE_SECONDS if is_behind else 0, self._take_turn)

    def onFrameBegin(self) -> None:
        """Counts frames that the application does not: it gets whole messages only, and ignores all after a close."""
        frame = self.current_frame
        try:
            if frame.opcode >= CONTROL_OPCODES or not frame.fin or self.state != self.STATE_OPEN:
                self._rate_limit.take(self.clock.seconds())
        except Disconnect as reason:
            self._cut(reason)
        else:
            super().onFrameBegin()

    def onMessageFrameBegin(self, length: int) -> None:
        """Refuses a message by the length of its frames, before their payload is read."""
        if self.message_data_total_length + length > INBOUND_BYTES:
            self._cut(Disconnect(CloseCode.BAD_REQUEST, f"Send messages of at most {INBOUND_CHARACTERS} characters."))
        else:
            super().onMessageFrameBegin(length)

    def _fail_connection(self, code: int = 0, reason: str = "") -> None:
        """Gives a code and the reason, instead of a cut, for frames that break RFC 6455."""
        self._cut(Disconnect(CloseCode.BAD_REQUEST, f"Send valid WebSocket frames: {reason}."))

    def _take_turn(self) -> None:
        self._has_next_turn = False
        if not self._is_cut:
            self.transport.resumeProducing()
            self.consumeData()

    def _cut(self, reason: Disconnect) -> None:
        """Sends a close frame, unless one was sent, and reads no more. autobahn cuts the connection a second later."""
        self._is_cut = True
        self.data = b""
        self.transport.pauseProducing()
        if self.state == self.STATE_OPEN:
            counted.closes[int(reason.code)] += 1
            self.sendClose(int(reason.code), str(reason))
