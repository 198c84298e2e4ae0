"""A TCP proxy in front of the service that fails like a network: it cuts connections, or stops passing data."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.support.clients import wire

CHUNK_BYTES = 65_536
ROUNDS = 10  # of the event loop, until every connection that asyncio accepted has reached `_accept`


class Proxy:
    """Listens on its own port during its block. `connections` counts the accepted connections.

    With `overhears` it keeps every message that passed on a socket, and checks at the end that each is documented.
    """

    def __init__(self, port: int, *, overhears: bool = False) -> None:
        self._target = port
        self._overhears = overhears
        self._passed: list[tuple[bytearray, frozenset[str]]] = []
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self.is_refusing = False
        self.connections = 0
        self.cut_after: list[int] = []  # number of bytes that reach the client on each of the next connections

    @property
    def address(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self.is_refusing = True
        for _ in range(ROUNDS):
            await asyncio.sleep(0)
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for passed, known in self._passed:
            for frame in wire.frames_in(bytes(passed), of=known):
                wire.require_documented(frame, of=known)

    def cut(self) -> None:
        """Resets every connection at once. Accepts new ones unless `is_refusing`."""
        for writer in self._writers:
            writer.transport.abort()

    def blackhole(self) -> None:
        """Keeps connections open but passes no data, like a router that has lost its state."""
        self._flows.clear()

    def heal(self) -> None:
        """Passes data of new connections. Resets all existing ones."""
        self.cut()
        self._flows = asyncio.Event()
        self._flows.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.is_refusing:
            writer.transport.abort()
            return
        self._writers.add(writer)
        away_reader, away_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers.add(away_writer)
        cut_after = self.cut_after.pop(0) if self.cut_after else None
        self._pass(reader, away_writer, self._kept(wire.FROM_CLIENT))
        self._pass(away_reader, writer, self._kept(wire.FROM_SERVER), cut_after)

    def _kept(self, known: frozenset[str]) -> bytearray | None:
        """Returns a buffer for the data in one direction of a connection, or None."""
        if not self._overhears:
            return None
        self._passed.append((bytearray(), known))
        return self._passed[-1][0]

    def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        kept: bytearray | None,
        cut_after: int | None = None,
    ) -> None:
        task = asyncio.create_task(_copy(reader, writer, self._flows, kept, cut_after))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._writers.discard(writer))


async def _copy(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    flows: asyncio.Event,
    kept: bytearray | None,
    cut_after: int | None,
) -> None:
    left = cut_after
    try:
        with suppress(ConnectionError):
            while left != 0 and (chunk := await reader.read(CHUNK_BYTES if left is None else left)):
                left = None if left is None else left - len(chunk)
                await flows.wait()
                if kept is not None:
                    kept += chunk
                writer.write(chunk)
                await writer.drain()
            if left == 0:
                await _passed_on(writer)
    finally:
        writer.transport.abort()


async def _passed_on(writer: asyncio.StreamWriter) -> None:
    """Waits until all data has gone to the kernel, because an abort would drop the rest."""
    writer.transport.set_write_buffer_limits(0)
    await writer.drain()
