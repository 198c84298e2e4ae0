"""Channel layers that fail in one way each; all else of them is the real thing on a real Redis."""

import asyncio
from typing import Any

from channels.layers import BaseChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer


class LosingLayer(RedisPubSubChannelLayer):
    """Every message is lost."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        return


class RepeatingLayer(RedisPubSubChannelLayer):
    """Every message comes twice, and the one before it once more."""

    before: dict[str, Any] | None = None

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        for repeated in (message, self.before or message, message):
            await self._get_layer().group_send(group, repeated)
        self.before = message


class SwappingLayer(RedisPubSubChannelLayer):
    """Every second message overtakes the one before it."""

    held: dict[str, Any] | None = None

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if self.held is None:
            self.held = message
            return
        await self._get_layer().group_send(group, message)
        await self._get_layer().group_send(group, self.held)
        self.held = None


class HeldLayer(BaseChannelLayer):
    """Every message waits in `sent` until the test delivers it: in any order, twice, or never."""

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
        """To the newest subscriber; call it on its event loop."""
        self._inboxes[-1].put_nowait(message)
