"""The real channel layer; a step that is to send its hint may be made to die just before, after its commit."""

from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer

from tests.chaos import dying


class DyingLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        dying.die_before_hint()
        await self._get_layer().group_send(group, message)
