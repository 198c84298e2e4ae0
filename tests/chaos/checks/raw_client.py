"""A WebSocket client on a plain TCP socket. Unlike a library it can stop reading, flood the server, or be killed.

`python -m tests.chaos.checks.raw_client ADDRESS TOKEN NUMBER` opens NUMBER connections, prints `open`, and waits.
"""

import os
import signal
import socket
import struct
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from tests.support.clients.wire import require_documented
from tests.support.waiting import DEADLINE

SMALL_BUFFER = 4096
REQUEST = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: arrivals.v1\r\nAuthorization: Bearer {token}\r\n\r\n"
)
CONTINUATION, TEXT, CLOSE, PING, PONG = 0x0, 0x1, 0x8, 0x9, 0xA
FINAL = 0x80


@contextmanager
def connection(address: str, token: str, query: str = "", *, early: bytes = b"") -> Iterator[socket.socket]:
    """Opens a connection with a small receive buffer. Reads not one byte beyond the handshake.

    `early` is sent together with the handshake, which RFC 6455 forbids.
    """
    parts = urlsplit(address)
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        raw.settimeout(DEADLINE)
        raw.connect((parts.hostname, parts.port))
        key = b64encode(os.urandom(16)).decode()
        request = REQUEST.format(path=f"/ws/users/{query}", host=parts.netloc, key=key, token=token)
        raw.sendall(request.encode() + early)
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += raw.recv(1)
        assert answer.startswith(b"HTTP/1.1 101"), answer
        yield raw


def text_frame(text: str) -> bytes:
    return frame(TEXT, text.encode())


def frame(opcode: int, payload: bytes = b"", *, is_final: bool = True) -> bytes:
    """Returns a frame of at most 125 bytes. Its mask is zeros, which leaves the payload unchanged."""
    return struct.pack("!BB", is_final * FINAL | opcode, 0x80 | len(payload)) + bytes(4) + payload


def frame_head(opcode: int, length: int) -> bytes:
    """Returns the head of a final frame of at least 64 KiB, without its payload."""
    return struct.pack("!BBQ", FINAL | opcode, 0x80 | 127, length) + bytes(4)


def close_code(raw: socket.socket) -> int | None:
    """Reads to the end and returns the close code, or None if the connection ends without a close frame."""
    return close_frame(raw)[0]


def close_frame(raw: socket.socket) -> tuple[int | None, str]:
    """Reads to the end and returns the close code and its reason."""
    with raw.makefile("rb") as stream:
        try:
            while head := stream.read(2):
                length = head[1] & 0x7F
                if length == 126:
                    (length,) = struct.unpack("!H", stream.read(2))
                elif length == 127:
                    (length,) = struct.unpack("!Q", stream.read(8))
                payload = stream.read(length)
                if head[0] & 0xF == CLOSE:
                    return int.from_bytes(payload[:2], "big"), payload[2:].decode()
                if head[0] & 0xF == TEXT and len(payload) == length:
                    require_documented(payload.decode())
        except ConnectionError:
            pass
    return None, ""


def main(address: str, token: str, number: str) -> None:
    with ExitStack() as stack:
        for _ in range(int(number)):
            stack.enter_context(connection(address, token, "?after=0"))
        print("open", flush=True)
        signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
