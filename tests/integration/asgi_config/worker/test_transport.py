"""A worker's free slots after Redis did not accept the answer to a message."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from kombu import Message
from redis import Redis
from redis.exceptions import RedisError

from asgi_config.worker.transport import Transport

QUEUE = "acknowledged"

pytestmark = pytest.mark.usefixtures("redis")


@contextmanager
def frozen(redis: Redis) -> Iterator[None]:
    server = redis.info("server")["process_id"]
    os.kill(server, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server, signal.SIGCONT)


@pytest.mark.parametrize("answer", [Message.ack, Message.reject, Message.requeue], ids=lambda answer: answer.__name__)
def test_a_message_that_cannot_be_acknowledged_leaves_room_for_the_next(answer: Callable[[Any], None]) -> None:
    with current_app.connection_for_read() as connection, Redis.from_url(settings.REDIS_ADDRESS) as redis:
        assert isinstance(connection.transport, Transport)
        channel: Any = connection.channel()
        channel.basic_qos(0, 1, False)
        with connection.SimpleQueue(QUEUE, channel=channel) as queue:
            queue.put("taken")
            message = queue.get(timeout=60)
            assert not channel.qos.can_consume()
            with frozen(redis), pytest.raises(RedisError):
                answer(message)
            assert channel.qos.can_consume()
            queue.clear()
