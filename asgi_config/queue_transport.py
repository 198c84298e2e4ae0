"""kombu's Redis transport, but an acknowledgement that Redis does not take leaves no worker deaf.

kombu lets a message go only after Redis has (`QoS.ack`, read in kombu 5.7). Where that fails, it counts among those
that the worker holds for ever: after two such, a worker of two processes lived on and took no message, seen after Redis
had been frozen for 20 s twice. Here it is let go. If Redis has it still, it comes again after `visibility_timeout`, and
every task may come twice.
"""

from typing import Any

from kombu.transport import redis
from kombu.transport.virtual import base


class QoS(redis.QoS):
    def ack(self, delivery_tag: Any) -> None:
        try:
            super().ack(delivery_tag)
        except redis.Transport.connection_errors:
            base.QoS.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):
    QoS = QoS


class Transport(redis.Transport):
    Channel = Channel
