"""kombu's Redis transport, with a fix: a failed ack or reject no longer blocks the worker.

kombu forgets a message only after Redis has confirmed it (`QoS.ack` and `QoS.reject`, read in kombu 5.7). If that
fails, the message counts towards the worker's prefetch limit for ever: after two of them, a worker of two processes
stayed alive and took no messages. Seen after Redis was frozen twice for 20 s, and after both pool processes were killed
while it was frozen, because the task of a lost process is rejected. This transport forgets the message at once. If
Redis still has it, it is redelivered after `visibility_timeout`, which is safe because every task may run twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import redis
from kombu.transport.virtual import base


class QoS(redis.QoS):
    def ack(self, delivery_tag: Any) -> None:
        with self._forgotten_on_error(delivery_tag):
            super().ack(delivery_tag)

    def reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        with self._forgotten_on_error(delivery_tag):
            super().reject(delivery_tag, requeue=requeue)

    @contextmanager
    def _forgotten_on_error(self, delivery_tag: Any) -> Iterator[None]:
        try:
            yield
        except redis.Transport.connection_errors:
            base.QoS.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):
    QoS = QoS


class Transport(redis.Transport):
    Channel = Channel
