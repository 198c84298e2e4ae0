"""A correct server of `arrivals.v1` in memory, with a switch for each fault that the kit must detect.

`python -m tests.conformance.small_server PORT [FAULT]` starts it; GET /make?total=60 makes events.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from realtime import protocol
from realtime.protocol import Batch, CloseCode, Cursor, Disconnect, Position, Subscription
from task import events
from tests.conformance.faults import Faults
from tests.conformance.faulty_streams import Course

BATCH = 25
PAUSE_SECONDS = 0.01


class SmallServer:
    """One feed and one token. `faults` makes it break a rule."""

    def __init__(
        self,
        fault: str = "",
        *,
        token: str = "",
        floor: int = 0,
        heartbeat_s: float = 0.2,
        window_bytes: int = 40_000,
        too_slow_s: float = 0.5,
    ) -> None:
        self.faults = Faults(fault)
        self.token = token
        self.heartbeat_s = heartbeat_s
        self.window_bytes = window_bytes
        self.too_slow_s = too_slow_s
        self._epoch = uuid4()
        self._floor = self._head = floor
        self._batches: list[Batch] = []
        self._jobs = 0
        self.is_at_work = False
        self._changed = asyncio.Event()

    @property
    def position(self) -> Position:
        return Position(self._epoch, self._head, self._floor)

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[str]:
        """Runs the server, and yields its URL."""
        async with serve(
            self._attend,
            "127.0.0.1",
            port,
            process_request=self._answer,
            select_subprotocol=self._choose,
            compression=None,
            max_size=None,
        ) as server:
            yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    async def make(self, total: int) -> int:
        """Makes a job's events in batches with a pause between them, like transactions."""
        self._jobs += 1
        self.is_at_work = True
        for texts in in_batches(job_events(self._jobs, total)):
            for first, last, payload in self.faults.pack(texts, self._head + 1):
                self._batches.append(Batch.stored(first, last, str(self._jobs), payload))
                self._head = last
            self._changed.set()
            self._changed = asyncio.Event()
            await asyncio.sleep(PAUSE_SECONDS)
        self.is_at_work = False
        return self._jobs

    async def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        parts = urlsplit(request.path)
        if parts.path != "/make":
            return None
        job = await self.make(int(parse_qs(parts.query)["total"][0]))
        return connection.respond(HTTPStatus.OK, f"{job}\n")

    def _choose(self, connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return self.faults.choose(offered)

    async def _attend(self, connection: ServerConnection) -> None:
        offered = connection.request.headers.get("Sec-WebSocket-Protocol", "") if connection.request else ""
        try:
            self._require_token(connection, names := [one.strip() for one in offered.split(",") if one.strip()])
            if not self.faults.on("any version"):
                protocol.require_version(names)
            query = urlsplit(connection.request.path).query  # type: ignore[union-attr]
            subscription = protocol.parse_subscription(query, "job")
            await Session(self, connection, subscription).serve()
        except Disconnect as refused:
            await connection.close(self.faults.code(refused.code))
        except ConnectionClosed:
            pass

    def _require_token(self, connection: ServerConnection, offered: Sequence[str]) -> None:
        path = connection.request.path if connection.request else ""
        header = connection.request.headers.get("Authorization", "") if connection.request else ""
        token = header.removeprefix("Bearer ") or protocol.offered_token(offered) or ""
        if self.token and token != self.token and not self.faults.opens(path, offered):
            raise Disconnect(CloseCode.NOT_SIGNED_IN, "Wrong token.")

    def after(self, cursor: Cursor, key: str | None) -> list[Batch]:
        return [one for one in self._batches if one.last > cursor.offset and (key is None or one.key == key)]

    @property
    def changed(self) -> asyncio.Event:
        """The event that is set when the log grows."""
        return self._changed


class Session:
    """One connection."""

    def __init__(self, server: SmallServer, connection: ServerConnection, subscription: Subscription) -> None:
        self._server = server
        self._faults = server.faults
        self._connection = connection
        self._subscription = subscription
        self._course = Course(subscription, is_replay=subscription.after is not None, is_at_work=server.is_at_work)
        self._window = self._faults.window(server.window_bytes)
        self._window.asked_offset = subscription.after or 0
        self._room = asyncio.Event()

    async def serve(self) -> None:
        cursor = await self._greet()
        tasks = [asyncio.create_task(self._pump(cursor)), asyncio.create_task(self._receive())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _greet(self) -> Cursor:
        server, position = self._server, self._server.position
        cursor, reason = self._subscription.start(position)
        self._window.sent_offset = cursor.offset
        hello = {
            "type": "hello",
            "feed": "users",
            "epoch": str(self._faults.epoch(position.epoch)),
            "head": position.head,
            "after": self._faults.after(cursor.offset, self._subscription),
            "heartbeat_s": server.heartbeat_s,
            "window_bytes": server.window_bytes,
        }
        if not self._faults.on("no hello"):
            await self._connection.send(json.dumps(hello))
        if reason and not self._faults.hides(reason):
            await self._connection.send(protocol.reset(position, self._faults.reason(reason)))
        return cursor

    async def _pump(self, cursor: Cursor) -> None:
        server, course = self._server, self._course
        while True:
            changed = server.changed
            batches = server.after(cursor, self._faults.key(self._subscription.key))
            for batch in self._faults.stream(batches, course):
                await self._wait_for_room()
                self._window.sent(batch.first, max(batch.last, self._window.sent_offset), len(batch.frame))
                await self._connection.send(batch.frame)
            cursor = Cursor(cursor.epoch, batches[-1].last if batches else cursor.offset)
            course.live += 0 if course.is_replay else len(batches)
            course.is_replay = False
            while not changed.is_set():
                await self._wait_or_beat(changed)

    async def _wait_or_beat(self, changed: asyncio.Event) -> None:
        server = self._server
        try:
            async with asyncio.timeout(server.heartbeat_s):
                await changed.wait()
        except TimeoutError:
            self._course.heartbeats += 1
            if self._faults.beats(self._subscription):
                head = 0 if self._faults.on("stale heartbeat") else server.position.head
                await self._connection.send(protocol.heartbeat(head))

    async def _wait_for_room(self) -> None:
        server = self._server
        if not self._window.is_full or self._faults.on("no window"):
            return
        self._room.clear()
        try:
            async with asyncio.timeout(self._faults.too_slow_s(server.too_slow_s)):
                await self._room.wait()
        except TimeoutError:
            raise Disconnect(CloseCode.TOO_SLOW, "The client acknowledges too slowly.") from None

    async def _receive(self) -> None:
        async for frame in self._connection:
            offset = self._faults.acknowledged(frame, self._window.sent_offset)
            if offset is not None:
                self._window.acknowledge(offset)
            if not self._window.is_full:
                self._room.set()


def job_events(job: int, total: int) -> list[str]:
    ends = [
        events.job_changed(state, job_id=job, total=total, created=created)
        for state, created in (("queued", 0), ("started", 0), ("finished", total))
    ]
    joined_at = "2026-01-01T12:00:00.000Z"
    users = [
        events.user_created(
            user_id=UUID(int=job * 2**32 + number),
            user=events.user_fields(f"user_{job}_{number}", ""),
            joined_at=joined_at,
            job=events.job_fields(job, number, total),
        )
        for number in range(1, total + 1)
    ]
    return [*ends[:2], *users, ends[2]]


def in_batches(texts: Sequence[str]) -> list[Sequence[str]]:
    return [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]


async def _forever(port: int, fault: str) -> None:
    async with SmallServer(fault, heartbeat_s=2, window_bytes=protocol.WINDOW_BYTES, too_slow_s=5).running(port) as at:
        print(f"Listening at {at}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_forever(int(sys.argv[1]), "".join(sys.argv[2:3])))
