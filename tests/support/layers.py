"""Channel layers that each fail in one way. Everything else is the real layer on a real Redis.

Each writes a line with its name into a file in VAR_DIR for every spoiled message, once it is lost or delivered.
"""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from channels.layers import BaseChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings

HITS = "layer-hits"
HELD = "held"  # the line for a late message that is not delivered yet
LATE_SECONDS = 5.0
SHUFFLED = 4
TURN = 5


class FaultyLayer(RedisPubSubChannelLayer):
    def note(self, word: str = "", times: int = 1) -> None:
        with (Path(settings.VAR_DIR) / HITS).open("a") as hits:
            hits.write(f"{word or type(self).__name__}\n" * times)

    async def really_send(self, group: str, message: Mapping[str, Any]) -> None:
        await self._get_layer().group_send(group, message)


class LosingLayer(FaultyLayer):
    """Loses every message."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.note()


class RepeatingLayer(FaultyLayer):
    """Delivers every message twice, and the previous one once more."""

    before: dict[str, Any] | None = None

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        for repeated in (message, self.before or message, message):
            await self.really_send(group, repeated)
        self.before = message
        self.note()


class SwappingLayer(FaultyLayer):
    """Delivers every second message before the previous one."""

    held: dict[str, Any] | None = None

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if self.held is None:
            self.held = message
            return
        await self.really_send(group, message)
        await self.really_send(group, self.held)
        self.held = None
        self.note(times=2)


class ShufflingLayer(FaultyLayer):
    """Collects four messages, and delivers them in another order."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._held: list[dict[str, Any]] = []
        self._random = Random(os.environ.get("ARRIVALS_CHAOS_SEED", "0"))

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self._held.append(message)
        if len(self._held) == SHUFFLED:
            original, self._held = [*self._held], []
            while (shuffled := self._random.sample(original, SHUFFLED)) == original:
                pass
            for one in shuffled:
                await self.really_send(group, one)
            self.note(times=SHUFFLED)


class LateLayer(FaultyLayer):
    """Delivers every message five seconds late."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waiting: set[asyncio.Task[None]] = set()

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.note(HELD)
        task = asyncio.create_task(self._send_late(group, message))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _send_late(self, group: str, message: dict[str, Any]) -> None:
        await asyncio.sleep(LATE_SECONDS)
        await self.really_send(group, message)
        self.note()


class TurnsLayer(RedisPubSubChannelLayer):
    """Loses five messages of a process, repeats the next five, shuffles five, delays five, and starts again."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        kinds = (LosingLayer, RepeatingLayer, ShufflingLayer, LateLayer)
        self._in_turn = [kind(*args, **options) for kind in kinds]
        self._count = 0

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        layer = self._in_turn[self._count // TURN % len(self._in_turn)]
        self._count += 1
        await layer.group_send(group, message)


class HeldLayer(BaseChannelLayer):
    """Keeps every message in `sent` until the test delivers it: in any order, twice, or never."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.sent: list[dict[str, Any]] = []
        self._inboxes: list[asyncio.Queue[dict[str, Any]]] = []

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.sent.append(message)

    async def group_add(self, group: str, channel: str) -> None:
        return

    async def new_channel(self, prefix: str = "held.") -> str:
        self._inboxes.append(asyncio.Queue())
        return f"{prefix}{len(self._inboxes) - 1}"

    async def receive(self, channel: str) -> dict[str, Any]:
        return await self._inboxes[int(channel.rpartition(".")[2])].get()

    def deliver(self, message: dict[str, Any]) -> None:
        """Delivers the message to the newest subscriber. Call it on the subscriber's event loop."""
        self._inboxes[-1].put_nowait(message)
