"""Windows of faulty servers: each counts acknowledgements in a wrong way."""

from collections.abc import Mapping

from realtime.endpoints.flow_control import Window
from realtime.protocol import CloseCode, Disconnect


class OneByOne(Window):
    """An ack frees only the batch that it names, and not the batches below it."""

    def acknowledge(self, offset: int) -> bool:
        below = [sent for sent in self._unacknowledged if sent[1] < offset]
        is_news = super().acknowledge(offset)
        self._unacknowledged[:0] = below
        self._bytes += sum(size for _, _, size in below)
        return is_news


class NoRepeats(Window):
    """An ack must be above the previous ack."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._acknowledged = -1

    def acknowledge(self, offset: int) -> bool:
        if offset <= self._acknowledged:
            raise Disconnect(CloseCode.BAD_REQUEST, "That was acknowledged before.")
        self._acknowledged = offset
        return super().acknowledge(offset)


class OnlySent(Window):
    """An ack must be of an offset that was sent, although the client asked to begin after a greater one."""

    def acknowledge(self, offset: int) -> bool:
        self.asked_offset = 0
        return super().acknowledge(offset)


WINDOWS: Mapping[str, type[Window]] = {
    "one ack, one batch": OneByOne,
    "repeated ack": NoRepeats,
    "only what was sent": OnlySent,
}
