"""The fast path: after a commit, one message tells every web process what was appended.

Only a hint. It may be lost, repeated or overtaken; realtime.hub asks the log in any case.
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

SEND_SECONDS = 1.0
PAUSE_SECONDS = 2.0

logger = logging.getLogger(__name__)


class _Pause:
    """After a failure this process sends nothing for a while: a dead Redis must not slow every commit."""

    until = 0.0


def layer() -> BaseChannelLayer:
    return channel_layers[DEFAULT_CHANNEL_LAYER]


def group_of(feed: str) -> str:
    return f"feed.{feed}"


def send(feed: str, epoch: UUID, batches: Sequence[Batch]) -> None:
    """Tell every hub of the feed, in at most a second; a failure is logged and changes nothing else."""
    if time.monotonic() < _Pause.until:
        metrics.counted.hints_lost += 1
        return
    message = compose(epoch, batches)
    try:
        asyncio.run_coroutine_threadsafe(_send(group_of(feed), message), _loop(os.getpid())).result()
    except Exception as error:
        _Pause.until = time.monotonic() + PAUSE_SECONDS
        metrics.counted.hints_lost += 1
        logger.warning("Hint lost, watchers see the event at their next head check: %r", error)


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
    """This process's event loop for hints, in a thread of its own, with a connection to Redis that stays open.

    0.2 ms a hint; async_to_sync, which makes a loop and a connection each time, took 2.2. A forked child has none of
    its parent's threads, so it gets a loop of its own.
    """
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="hints", daemon=True).start()
    return loop


async def _send(group: str, message: dict[str, Any]) -> None:
    found = layer()  # its first use imports redis-py: 0.3 s, and over a second on a busy machine
    async with asyncio.timeout(SEND_SECONDS):
        await found.group_send(group, message)
