"""Backpressure for HTTP answers: the application makes the next part of an answer only when the client took the last.

daphne alone keeps in memory all that a client does not read, for as long as the connection lasts. Here a part (Django
sends at most 64 KiB) is kept at a time, and the request lasts until its answer is sent. A client that takes no part for
TOO_SLOW_SECONDS is cut off, and so is the longest waiting of more than STALLED_MAX.
"""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from daphne.server import Server
from django.conf import settings

STALLED_MAX = 100
PROMPT_SECONDS = 1  # an answer that waits longer is stalled
KERNEL_BYTES = 128 * 1024

logger = logging.getLogger(__name__)


class Written(asyncio.Event):
    """Set while the connection has no bytes left to write, or is lost: a producer, as Twisted calls it."""

    pauseProducing = asyncio.Event.clear  # noqa: N815
    resumeProducing = stopProducing = asyncio.Event.set  # noqa: N815


class BackpressureServer(Server):  # type: ignore[misc]
    """`handle_reply` is the `send` of the ASGI application."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._stalled: dict[Any, None] = {}

    async def handle_reply(self, protocol: Any, message: Any) -> None:
        """Returns when the client has taken the part. Ends the answer only then, because daphne then forgets it.

        Leaves out the body of an answer to HEAD, of which daphne leaves out only the first part.
        """
        channel = getattr(protocol, "channel", None)  # a socket has none, nor a connection that is lost
        if message["type"] != "http.response.body" or channel is None:
            await super().handle_reply(protocol, message)
            return
        body = b"" if protocol.method == b"HEAD" else message.get("body", b"")
        written = Written()
        written.set()
        channel.registerProducer(written, True)
        try:
            keep_little_in_kernel(channel.transport)
            with telling_of_every_byte(channel.transport):
                await super().handle_reply(protocol, {"type": message["type"], "body": body, "more_body": True})
            await self._wait(channel, written)
        finally:
            channel.unregisterProducer()
        if not message.get("more_body"):
            await super().handle_reply(protocol, {"type": message["type"]})

    async def _wait(self, channel: Any, written: Written) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PROMPT_SECONDS):
                await written.wait()
        if written.is_set():
            return
        self._stalled[channel] = None
        if len(self._stalled) > STALLED_MAX:
            logger.warning("More than %s clients do not take their answers: cut off the slowest.", STALLED_MAX)
            self._cut_off(next(iter(self._stalled)))
        try:
            async with asyncio.timeout(settings.TOO_SLOW_SECONDS):
                await written.wait()
        except TimeoutError:
            logger.info("Cut off a client that took nothing of its answer for %s s.", settings.TOO_SLOW_SECONDS)
            self._cut_off(channel)
            await written.wait()
        finally:
            self._stalled.pop(channel, None)

    def _cut_off(self, channel: Any) -> None:
        """Resets the connection, so that the client sees an incomplete answer. The request ends a moment later."""
        self._stalled.pop(channel, None)
        channel.forceAbortClient()


def keep_little_in_kernel(transport: Any) -> None:
    """Lets the kernel keep 128 KiB of the connection unsent. It took 2.7 MiB, and hid how long the client stalled."""
    with suppress(AttributeError, OSError):  # not on Windows, and not for a Unix socket
        transport.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, KERNEL_BYTES)


@contextmanager
def telling_of_every_byte(transport: Any) -> Iterator[None]:
    """Lets the transport pause its producer until all is written that is written in the block.

    Twisted pauses only above `bufferSize` bytes, which is also the number of bytes that it reads at once.
    """
    usual, transport.bufferSize = transport.bufferSize, 0
    try:
        yield
    finally:
        transport.bufferSize = usual
