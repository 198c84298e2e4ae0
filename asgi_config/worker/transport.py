"""kombu's Redis transport, but an answer to a message that Redis does not take leaves no worker deaf.

kombu lets a message go only after Redis has (`QoS.ack` and `QoS.reject`, read in kombu 5.7). Where that fails, it
counts as held by the worker for ever: after two such, a worker of two processes lived on and took no message. Seen
after Redis had been frozen for 20 s twice; and where both pool children were killed while it was frozen, as a task that
lost its process is rejected. Here it is let go. If Redis has it still, it comes again after `visibility_timeout`, and
every task may come twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import redis
from kombu.transport.virtual import base


class QoS(redis.QoS):
    def ack(self, delivery_tag: Any) -> None:
        with self._letting_go(delivery_tag):
            super().ack(delivery_tag)

    def reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        with self._letting_go(delivery_tag):
            super().reject(delivery_tag, requeue=requeue)

    @contextmanager
    def _letting_go(self, delivery_tag: Any) -> Iterator[None]:
        try:
            yield
        except redis.Transport.connection_errors:
            base.QoS.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):
    QoS = QoS


class Transport(redis.Transport):
    Channel = Channel
