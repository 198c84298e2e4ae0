"""A thin WebSocket consumer: authorise, read the cursor, drive `follow`, send. The rules are in realtime.protocol."""

import asyncio
import logging
from collections.abc import Hashable
from contextlib import aclosing
from secrets import token_hex
from typing import Any

from autobahn.exception import Disconnected
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from realtime import metrics, protocol
from realtime.endpoints import access
from realtime.endpoints.allowance import RateLimit
from realtime.endpoints.connection_limits import seat
from realtime.endpoints.draining import departure
from realtime.endpoints.flow_control import Window
from realtime.endpoints.stay import CancelScope
from realtime.follow import follow
from realtime.hub import hub_of, read_head
from realtime.log import CursorLost
from realtime.log_context import log_context, sane_id
from realtime.protocol import CloseCode, Cursor, Disconnect

logger = logging.getLogger(__name__)
require_access = database_sync_to_async(access.require, thread_sensitive=False)


class FeedConsumer(AsyncWebsocketConsumer):
    """Streams one feed to one client, and holds no more for it than one window."""

    def __init__(self, *, feed: str, permission: str, bearer: access.TokenLookup, key_parameter: str) -> None:
        super().__init__()
        self._feed = feed
        self._permission = permission
        self._bearer = bearer
        self._key_parameter = key_parameter
        self._window = Window()
        self._allowance = RateLimit()
        self._room = asyncio.Event()
        self._stay = CancelScope()
        self._sent_at = 0.0
        self._serving: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """In place of Channels' own loop, which takes some rounds of the event loop and a thread for each message.

        In every round daphne reads thousands more: one client that sent frames without end kept a page waiting for 10
        s, and grew the process by 380 MB. What serves ends with the connection, also where the server ends this in the
        middle of a message.
        """
        self.scope = scope
        self.base_send: Any = send
        asked_as = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin1")
        with log_context(connection=token_hex(4), request=sane_id(asked_as)):
            try:
                await receive()
                await self.connect()
                while (message := await receive())["type"] == "websocket.receive":
                    await self.receive(message.get("text"))
            finally:
                logger.info("A socket ended, sent up to %s", self._window.sent_offset)
                if self._serving:
                    self._serving.cancel()

    async def connect(self) -> None:
        """Accept, then refuse with a close code if need be: a browser cannot read a refused handshake."""
        offered = self.scope["subprotocols"]
        await self.accept(protocol.answer_to(offered))
        try:
            protocol.require_version(offered)
            person = await self._require_access()
            ask = protocol.parse_subscription(self.scope["query_string"].decode("latin1"), self._key_parameter)
        except Exception as error:
            await self._end(error)
        else:
            self._serving = asyncio.create_task(self._serve(ask, person))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._serving is None or self._stay.is_ended:
            return
        try:
            offset = protocol.parse_ack(text_data)
            if offset is None or not self._window.acknowledge(offset):
                self._allowance.take(asyncio.get_running_loop().time())
        except Disconnect as refused:
            self._stay.end(refused)
        else:
            if not self._window.is_full:
                self._room.set()

    async def _require_access(self) -> Hashable:
        return await require_access(self.scope, self._permission, self._bearer)

    async def _serve(self, ask: protocol.Subscription, person: Hashable) -> None:
        """A client that is leaving may be met by a frame before its disconnect is heard: Disconnected is no fault."""
        try:
            with seat(person), metrics.watching(self._window), departure.staying(self._stay):
                async with self._stay:
                    await self._watch(ask)
        except Disconnected:
            return
        except Exception as error:
            await self._end(error)

    async def _watch(self, ask: protocol.Subscription) -> None:
        """Greet, then pump, and attend beside it: what ends one of the two ends the other."""
        cursor = await self._greet(ask)
        attending = asyncio.create_task(self._attend())
        attending.add_done_callback(self._end_with)
        try:
            await self._pump(cursor, ask.key)
        finally:
            attending.cancel()

    async def _greet(self, ask: protocol.Subscription) -> Cursor:
        position = await read_head(self._feed)
        cursor, reason = ask.start(position)
        self._window.sent_offset = cursor.offset
        logger.info("A socket watches from %s of %s", cursor.offset, position.head, extra=self._traced(ask.key))
        metrics.greeted(self._feed, ask, reason, self._window)
        await self._send(protocol.hello(self._feed, position, cursor.offset, settings.HEARTBEAT_SECONDS))
        if reason:
            await self._send(protocol.reset(position, reason))
        return cursor

    async def _pump(self, cursor: Cursor, key: str | None) -> None:
        async with aclosing(follow(self._feed, cursor, key=key)) as batches:
            async for batch in batches:
                await self._wait_for_room()
                self._window.sent(batch.first, batch.last, len(batch.frame))
                await self._send(batch.frame)
                logger.debug("Sent %s..%s", batch.first, batch.last, extra=self._traced(batch.key))

    async def _wait_for_room(self) -> None:
        """daphne's send has no backpressure (300 MB buffered in 0.4 s for a client that stopped reading): stop here."""
        if not self._window.is_full:
            return
        self._room.clear()
        try:
            async with asyncio.timeout(settings.TOO_SLOW_SECONDS):
                await self._room.wait()
        except TimeoutError:
            raise Disconnect(CloseCode.TOO_SLOW, "The client acknowledges too slowly.") from None

    async def _attend(self) -> None:
        """Say that the connection lives when it is idle, and fail when the right to watch has gone."""
        clock = asyncio.get_running_loop().time
        check_at = clock() + settings.ACCESS_CHECK_SECONDS
        while True:
            beat_at = self._sent_at + settings.HEARTBEAT_SECONDS
            await asyncio.sleep(max(0, min(beat_at, check_at) - clock()))
            if clock() >= check_at:
                await self._require_access()
                check_at = clock() + settings.ACCESS_CHECK_SECONDS
            if clock() >= self._sent_at + settings.HEARTBEAT_SECONDS:
                await self._send(protocol.heartbeat(hub_of(self._feed).head))

    def _end_with(self, attending: "asyncio.Task[None]") -> None:
        if not attending.cancelled() and (error := attending.exception()):
            self._stay.end(error)

    async def _send(self, frame: str) -> None:
        self._sent_at = asyncio.get_running_loop().time()
        await self.base_send({"type": "websocket.send", "text": frame})

    def _traced(self, key: str | None) -> dict[str, object]:
        return {"fields": {self._key_parameter: key} if key else {}}

    async def _end(self, error: Exception) -> None:
        if not isinstance(error, Disconnect | CursorLost):
            logger.error("A watcher is cut off and comes again", exc_info=error)
        code = error.code if isinstance(error, Disconnect) else CloseCode.TRY_AGAIN
        metrics.counted.closes[int(code)] += 1
        await self.close(int(code))  # autobahn takes no subclass of int
