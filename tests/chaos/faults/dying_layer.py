"""The real channel layer, in which a test can kill a step after its commit and before its hint."""

from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer

from tests.chaos.faults import dying


class DyingLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        dying.die_before_hint()
        await self._get_layer().group_send(group, message)
