"""Hints: after a commit, one message to every web process: batches that were appended, or access that has changed.

A hint only saves time: it may be lost, repeated or overtaken. realtime.hub checks the log as well, and sockets check
their access every ACCESS_CHECK_SECONDS.
"""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from functools import cache, partial
from typing import Any
from uuid import UUID

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import BaseChannelLayer, channel_layers
from django.db import transaction

from realtime import metrics
from realtime.protocol import Batch

ACCESS_GROUP = "feed-access"
ACCESS_CHANGED = "access.changed"
SEND_TIMEOUT_SECONDS = 1.0
PAUSE_SECONDS = 2.0
RETRY_SECONDS = 1.0

logger = logging.getLogger(__name__)


class _Pause:
    """The end of this process's pause after a failure, in monotonic seconds: a dead Redis must not slow each commit."""

    until = 0.0


def layer() -> BaseChannelLayer:
    return channel_layers[DEFAULT_CHANNEL_LAYER]


def group_of(feed: str) -> str:
    return f"feed.{feed}"


def send(feed: str, epoch: UUID, batches: Sequence[Batch]) -> None:
    """Sends the batches to every hub of the feed. Blocks for a second at most. Logs failures and never raises."""
    _send_now(group_of(feed), compose(epoch, batches), otherwise="watchers get the events at the next head check")


def access_changed(user_key: Hashable) -> None:
    """After the commit, makes every web process check the user's open connections again; with None, all users'.

    Call it where a user may have lost a session, a token or a permission. Blocks and fails as `send` does.
    """
    otherwise = "open connections are checked within ACCESS_CHECK_SECONDS"
    send_now = partial(_send_now, ACCESS_GROUP, compose_access_change(user_key), otherwise=otherwise)
    transaction.on_commit(send_now, robust=True)


async def listen(group: str, handle: Callable[[dict[str, Any]], None], on_subscribed: Callable[[], None]) -> None:
    """Joins the group, retrying while Redis is down, and handles every message until the loop ends.

    `receive` has no timeout, because a cancelled one makes the pub/sub layer unsubscribe and lose messages (70 of 400
    in a trial).
    """
    channel = await _subscribe(group)
    on_subscribed()
    while True:
        try:
            handle(await layer().receive(channel))
        except Exception:
            logger.exception("Ignored a hint that cannot be parsed")


def send_waiting(feed: str) -> None:
    """Asks the hubs of the feed to relay its outbox. Blocks for a second at most. Logs failures and never raises."""
    _send_now(group_of(feed), {"type": "feed.waiting"}, otherwise="the next head check relays the outbox")


def compose(epoch: UUID, batches: Sequence[Batch]) -> dict[str, Any]:
    return {
        "type": "feed.appended",
        "epoch": str(epoch),
        "batches": [[batch.first, batch.last, batch.key, batch.frame] for batch in batches],
    }


def compose_access_change(user_key: Hashable) -> dict[str, Any]:
    return {"type": ACCESS_CHANGED, "user": None if user_key is None else str(user_key)}


def parse(message: dict[str, Any]) -> tuple[UUID, list[Batch]]:
    return UUID(message["epoch"]), [Batch(*fields) for fields in message["batches"]]


async def _subscribe(group: str) -> str:
    """Joins the group with a new channel and returns its name. Retries while Redis is down."""
    channel_layer = layer()
    while True:
        try:
            # A probe first, because a failing new_channel() would leave its queue in the layer.
            await channel_layer.group_send(group, {"type": "feed.probe"})
            channel = await channel_layer.new_channel()
            await channel_layer.group_add(group, channel)
        except Exception as error:
            logger.warning("Channel layer unavailable; checks replace hints until it is back: %r", error)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return channel


def _send_now(group: str, message: dict[str, Any], *, otherwise: str) -> None:
    if time.monotonic() < _Pause.until:
        metrics.counted.hints_lost += 1
        return
    try:
        asyncio.run_coroutine_threadsafe(_send(group, message), _loop(os.getpid())).result()
    except Exception as error:
        _Pause.until = time.monotonic() + PAUSE_SECONDS
        metrics.counted.hints_lost += 1
        logger.warning("Hint lost; %s: %r", otherwise, error)


@cache
def _loop(process: int) -> asyncio.AbstractEventLoop:
    """Returns this process's event loop for hints, which runs in its own thread and keeps its Redis connection open.

    A hint takes 0.2 ms. With async_to_sync, which makes a loop and a connection each time, it took 2.2 ms. The cache is
    by process id because a forked child has none of its parent's threads.
    """
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="hints", daemon=True).start()
    return loop


async def _send(group: str, message: dict[str, Any]) -> None:
    # Outside the timeout: the first use imports redis-py, which takes 0.3 s, or over a second on a busy machine.
    channel_layer = layer()
    async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
        await channel_layer.group_send(group, message)
