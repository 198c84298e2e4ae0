"""The window: what one client was sent and has not acknowledged yet. Pure."""

from bisect import bisect_right
from operator import itemgetter

from realtime.protocol import WINDOW_BYTES, Close, Refused


class Window:
    """What was sent and not yet acknowledged: it bounds what a client may make the server hold."""

    def __init__(self, limit: int = WINDOW_BYTES) -> None:
        self._limit = limit
        self._unacknowledged: list[tuple[int, int]] = []  # an empty deque takes 0.7 kB
        self._bytes = 0
        self.sent_offset = 0

    @property
    def is_full(self) -> bool:
        return self._bytes >= self._limit

    def sent(self, offset: int, size: int) -> None:
        self.sent_offset = offset
        self._unacknowledged.append((offset, size))
        self._bytes += size

    def acknowledge(self, offset: int) -> bool:
        """Whether that was news."""
        if offset > self.sent_offset:
            raise Refused(Close.BAD_REQUEST, "Acknowledge only what was sent.")
        count = bisect_right(self._unacknowledged, offset, key=itemgetter(0))
        self._bytes -= sum(size for _, size in self._unacknowledged[:count])
        del self._unacknowledged[:count]
        return count > 0
