"""A crowd of WebSocket clients in its own process, with as little work for each frame as possible.

`python -m tests.benchmarks.crowd HOST PORT PATH TOKEN CLIENTS` prints READY when all are connected. At the end of its
input it prints [frames, events, events that arrived within a second]. It acknowledges once a second.
"""

import asyncio
import json
import os
import re
import sys
import time
from dataclasses import dataclass

IN_TIME_SECONDS = 1.0
EVENT = b'"at":'
LAST = re.compile(rb'"last":(\d+)')
AT = re.compile(rb'"at":\s?([\d.]+)')


@dataclass
class Received:
    frames: int = 0
    events: int = 0
    in_time: int = 0


class Client(asyncio.Protocol):
    def __init__(self, request: bytes, received: Received) -> None:
        self.request = request
        self.received = received
        self.buffer = bytearray()
        self.is_open = asyncio.Event()
        self.last = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.is_open.is_set():
            head, end, rest = bytes(self.buffer).partition(b"\r\n\r\n")
            if not end:
                return
            assert b" 101 " in head, head
            self.buffer = bytearray(rest)
            self.is_open.set()
        while (size := frame_size(self.buffer)) is not None:
            start, end_at = size
            self.frame(bytes(self.buffer[start:end_at]))
            del self.buffer[:end_at]

    def frame(self, payload: bytes) -> None:
        count = payload.count(EVENT)
        if not count:
            return
        self.received.frames += 1
        self.received.events += count
        now = time.monotonic()
        self.received.in_time += sum(now - float(at) <= IN_TIME_SECONDS for at in AT.findall(payload))
        if found := LAST.search(payload[:200]):
            self.last = found[1]

    def acknowledge(self) -> None:
        if self.last:
            self.transport.write(masked(b'{"type":"ack","offset":%s}' % self.last))
            self.last = b""


def frame_size(buffer: bytearray) -> tuple[int, int] | None:
    """Returns the start and end of the first complete frame's payload, or None. Servers do not mask."""
    if len(buffer) < 2:
        return None
    length, start = buffer[1] & 127, 2
    if length >= 126:
        start = 4 if length == 126 else 10
        if len(buffer) < start:
            return None
        length = int.from_bytes(buffer[2:start])
    return (start, start + length) if len(buffer) >= start + length else None


def masked(payload: bytes) -> bytes:
    """Returns a short text frame. Its mask is zeros, which leaves the payload unchanged."""
    return bytes([0x81, 0x80 | len(payload)]) + bytes(4) + payload


def handshake(path: str, token: str) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        f"Authorization: Bearer {token}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def gather(host: str, port: int, path: str, token: str, clients: int) -> Received:
    loop, received, request = asyncio.get_running_loop(), Received(), handshake(path, token)
    members = []
    for _ in range(clients):
        _, client = await loop.create_connection(lambda: Client(request, received), host, port)
        members.append(client)
        await client.is_open.wait()
    sys.stdout.write("READY\n")
    sys.stdout.flush()
    ended = loop.run_in_executor(None, sys.stdin.read)
    while not ended.done():
        await asyncio.wait([ended], timeout=1)
        for client in members:
            client.acknowledge()
    return received


if __name__ == "__main__":
    host, port, path, token, clients = sys.argv[1:]
    received = asyncio.run(gather(host, int(port), path, token, int(clients)))
    sys.stdout.write(json.dumps([received.frames, received.events, received.in_time]) + "\n")
    sys.stdout.flush()
    os._exit(0)  # skips a thousand closing handshakes
