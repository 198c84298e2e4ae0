"""How a faulty server counts acknowledgements."""

from realtime.protocol import Close, Refused
from realtime.window import Window


class NoRepeats(Window):
    """An ack must be above the one before."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._acknowledged = -1

    def acknowledge(self, offset: int) -> bool:
        if offset <= self._acknowledged:
            raise Refused(Close.BAD_REQUEST, "That was acknowledged before.")
        self._acknowledged = offset
        return super().acknowledge(offset)
