"""The WebSocket endpoint of a feed, a thin consumer. realtime.protocol has the rules."""

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
from realtime.endpoints import access, access_watch
from realtime.endpoints.connection_limits import hold_connection, opening_limit
from realtime.endpoints.draining import CancelScope, drain
from realtime.endpoints.flow_control import RateLimit, Window
from realtime.follow import follow
from realtime.hub import hub_of, read_position
from realtime.log import CursorLost
from realtime.log_context import log_context, sane_id
from realtime.protocol import CloseCode, Cursor, Disconnect, Subscription

logger = logging.getLogger(__name__)
authorise = database_sync_to_async(access.authorise, thread_sensitive=False)


class FeedConsumer(AsyncWebsocketConsumer):
    """Streams one feed to one client. Buffers at most one window for it."""

    def __init__(self, *, feed: str, permission: str, token_user: access.TokenLookup, key_parameter: str) -> None:
        super().__init__()
        self._feed = feed
        self._permission = permission
        self._token_user = token_user
        self._key_parameter = key_parameter
        self._window = Window()
        self._rate_limit = RateLimit()
        self._has_room = asyncio.Event()
        self._cancel_scope = CancelScope()
        self._sent_at = 0.0
        self._serving: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Replaces Channels' own loop, which takes several rounds of the event loop and a thread for each message.

        In every round daphne reads thousands more. One client that sent frames without end kept a page waiting for 10 s
        and grew the process by 380 MB. The serving task ends with the connection, even if the server cancels this call
        in the middle of a message.
        """
        self.scope = scope
        self.base_send: Any = send
        request_id = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin1")
        with log_context(connection=token_hex(4), request=sane_id(request_id)):
            try:
                await receive()
                await self.connect()
                while (message := await receive())["type"] == "websocket.receive":
                    await self.receive(message.get("text"))
            finally:
                logger.info("Socket closed; last offset sent: %s", self._window.sent_offset)
                if self._serving:
                    self._serving.cancel()

    async def connect(self) -> None:
        """Accepts first and refuses with a close code, because a browser cannot read a refused handshake."""
        offered = self.scope["subprotocols"]
        await self.accept(protocol.answer_to(offered))
        try:
            access.require_tls(self.scope)
            protocol.require_version(offered)
            self._limit_openings()
            changes = access_watch.changes()
            user_key = await self._authorise()
            subscription = protocol.parse_subscription(self.scope["query_string"].decode("latin1"), self._key_parameter)
        except Exception as error:
            await self._close_for(error)
        else:
            self._window.asked_offset = subscription.after or 0
            self._serving = asyncio.create_task(self._serve(subscription, user_key, changes))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._serving is None or self._cancel_scope.is_cancelled:
            return
        try:
            offset = protocol.parse_ack(text_data)
            if offset is None or not self._window.acknowledge(offset):
                self._rate_limit.take(asyncio.get_running_loop().time())
        except Disconnect as reason:
            self._cancel_scope.cancel(reason)
        else:
            if not self._window.is_full:
                self._has_room.set()

    def _limit_openings(self) -> None:
        if (credential := access.credential(self.scope)) is not None:
            opening_limit.take(hash(credential), asyncio.get_running_loop().time())

    async def _authorise(self) -> Hashable:
        return await authorise(self.scope, self._permission, self._token_user)

    async def _serve(self, subscription: Subscription, user_key: Hashable, access_changes: int) -> None:
        try:
            with (
                hold_connection(user_key),
                metrics.watching(self._window),
                drain.register_socket(self._cancel_scope),
                access_watch.watching(user_key, self._authorise, self._cancel_scope, since=access_changes),
            ):
                async with self._cancel_scope:
                    await self._stream(subscription)
        except Disconnected:
            return  # No fault: a frame was sent after the client left and before its disconnect arrived here.
        except Exception as error:
            await self._close_for(error)

    async def _stream(self, subscription: Subscription) -> None:
        """Sends hello and then batches. A second task sends heartbeats and checks access; its error ends both."""
        cursor = await self._send_hello(subscription)
        attending = asyncio.create_task(self._attend())
        attending.add_done_callback(self._cancel_with_error_of)
        try:
            await self._send_batches(cursor, subscription.key)
        finally:
            attending.cancel()

    async def _send_hello(self, subscription: Subscription) -> Cursor:
        position = await read_position(self._feed)
        cursor, reset_reason = subscription.start(position)
        self._window.sent_offset = cursor.offset
        fields = self._log_fields(subscription.key)
        logger.info("Socket starts at offset %s; head: %s", cursor.offset, position.head, extra=fields)
        metrics.hello_sent(self._feed, subscription, reset_reason, self._window)
        await self._send(protocol.hello(self._feed, position, cursor.offset, settings.HEARTBEAT_SECONDS))
        if reset_reason:
            await self._send(protocol.reset(position, reset_reason))
        return cursor

    async def _send_batches(self, cursor: Cursor, key: str | None) -> None:
        async with aclosing(follow(self._feed, cursor, key=key)) as batches:
            async for batch in batches:
                await self._wait_for_room()
                self._window.sent(batch.first, batch.last, len(batch.frame))
                await self._send(batch.frame)
                logger.debug("Sent %s..%s", batch.first, batch.last, extra=self._log_fields(batch.key))

    async def _wait_for_room(self) -> None:
        """Waits while the window is full. Raises Disconnect after TOO_SLOW_SECONDS.

        daphne's send has no backpressure: it buffered 300 MB in 0.4 s for a client that stopped reading.
        """
        if not self._window.is_full:
            return
        self._has_room.clear()
        try:
            async with asyncio.timeout(settings.TOO_SLOW_SECONDS):
                await self._has_room.wait()
        except TimeoutError:
            raise Disconnect(CloseCode.TOO_SLOW, "The client acknowledges too slowly.") from None

    async def _attend(self) -> None:
        """Sends a heartbeat whenever the connection is idle. Raises Disconnect when the user may no longer watch."""
        clock = asyncio.get_running_loop().time
        check_at = clock() + settings.ACCESS_CHECK_SECONDS
        while True:
            heartbeat_at = self._sent_at + settings.HEARTBEAT_SECONDS
            await asyncio.sleep(max(0, min(heartbeat_at, check_at) - clock()))
            if clock() >= check_at:
                await self._authorise()
                check_at = clock() + settings.ACCESS_CHECK_SECONDS
            if clock() >= self._sent_at + settings.HEARTBEAT_SECONDS:
                await self._send(protocol.heartbeat(hub_of(self._feed).head))

    def _cancel_with_error_of(self, attending: "asyncio.Task[None]") -> None:
        if not attending.cancelled() and (error := attending.exception()):
            self._cancel_scope.cancel(error)

    async def _send(self, frame: str) -> None:
        self._sent_at = asyncio.get_running_loop().time()
        await self.base_send({"type": "websocket.send", "text": frame})

    def _log_fields(self, key: str | None) -> dict[str, object]:
        return {"fields": {self._key_parameter: key} if key else {}}

    async def _close_for(self, error: Exception) -> None:
        if not isinstance(error, Disconnect | CursorLost):
            logger.error("Unexpected error; the client reconnects", exc_info=error)
        code, reason = CloseCode.TRY_AGAIN, "The server could not continue: connect again."
        if isinstance(error, Disconnect):
            code, reason = error.code, str(error)
        metrics.counted.closes[int(code)] += 1
        await self.close(int(code), reason)  # autobahn takes no subclass of int
