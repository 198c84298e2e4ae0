"""What a worker holds, when Redis does not take its acknowledgement."""

from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from asgi_config.queue_transport import Transport

QUEUE = "acknowledged"

pytestmark = pytest.mark.usefixtures("redis")


def test_a_message_that_cannot_be_acknowledged_leaves_room_for_the_next() -> None:
    with current_app.connection_for_read() as connection, Redis.from_url(settings.REDIS_ADDRESS) as redis:
        assert isinstance(connection.transport, Transport)
        channel: Any = connection.channel()
        channel.basic_qos(0, 1, False)
        with connection.SimpleQueue(QUEUE, channel=channel) as queue:
            queue.put("taken")
            message = queue.get(timeout=10)
            assert not channel.qos.can_consume()
            redis.client_pause(60_000, all=False)
            with pytest.raises(RedisError):
                message.ack()
            redis.client_unpause()
            assert channel.qos.can_consume()
            queue.clear()
