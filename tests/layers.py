"""Channel layers that fail in one way each; all else of them is the real thing on a real Redis."""

from typing import Any

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
