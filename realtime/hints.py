"""Hints: after a commit, one message to every web process with the batches that were appended.

A hint only saves time: it may be lost, repeated or overtaken. realtime.hub checks the log as well.
"""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import BaseChannelLayer, channel_layers

from realtime import metrics
from realtime.protocol import Batch

SEND_TIMEOUT_SECONDS = 1.0
PAUSE_SECONDS = 2.0

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
    _send_message(feed, compose(epoch, batches))


def _send_message(feed: str, message: dict[str, Any]) -> None:
    if time.monotonic() < _Pause.until:
        metrics.counted.hints_lost += 1
        return
    try:
        asyncio.run_coroutine_threadsafe(_send(group_of(feed), message), _loop(os.getpid())).result()
    except Exception as error:
        _Pause.until = time.monotonic() + PAUSE_SECONDS
        metrics.counted.hints_lost += 1
        logger.warning("Hint lost; watchers get the events at the next head check: %r", error)


def send_waiting(feed: str) -> None:
    """Asks the hubs of the feed to relay its outbox. Blocks for a second at most. Logs failures and never raises."""
    _send_message(feed, {"type": "feed.waiting"})


def compose(epoch: UUID, batches: Sequence[Batch]) -> dict[str, Any]:
    return {
        "type": "feed.appended",
        "epoch": str(epoch),
        "batches": [[batch.first, batch.last, batch.key, batch.frame] for batch in batches],
    }


def parse(message: dict[str, Any]) -> tuple[UUID, list[Batch]]:
    return UUID(message["epoch"]), [Batch(*fields) for fields in message["batches"]]


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
