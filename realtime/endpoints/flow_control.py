"""Flow control of one connection: the window of unacknowledged bytes, and the rate limit of frames. Pure."""

from bisect import bisect_right
from operator import itemgetter

from realtime.protocol import WINDOW_BYTES, CloseCode, Disconnect

FRAMES_AT_ONCE = 500
FRAMES_A_SECOND = 20
TOO_MANY_FRAMES = f"Send at most {FRAMES_A_SECOND} frames a second that acknowledge nothing new."


class Window:
    """The batches sent and not acknowledged yet. Limits the bytes that the server buffers for a client.

    `asked_offset` is the offset that the client asked to begin after. The client has it, so it may acknowledge it at
    any time: before hello is sent, and after a reset that the client has not read yet.
    """

    def __init__(self, limit: int = WINDOW_BYTES) -> None:
        self._limit = limit
        self._unacknowledged: list[tuple[int, int, int]] = []  # an empty deque takes 0.7 kB
        self._bytes = 0
        self.sent_offset = self.asked_offset = 0

    @property
    def is_full(self) -> bool:
        return self._bytes >= self._limit

    def sent(self, first: int, last: int, size: int) -> None:
        self.sent_offset = last
        self._unacknowledged.append((first, last, size))
        self._bytes += size

    def acknowledge(self, offset: int) -> bool:
        """Frees the batches up to the offset; returns whether it acknowledged an event for the first time.

        The oldest batch counts in full until its last event. An offset between two batches, where a filter leaves gaps
        of millions, acknowledges nothing new. So at most one ack an event is new: 200 a batch, at 12 us each. Raises
        Disconnect if the offset was neither sent nor asked for.
        """
        if offset > self.sent_offset:
            if offset <= self.asked_offset:
                return False
            raise Disconnect(CloseCode.BAD_REQUEST, "Acknowledge only offsets that were sent.")
        count = bisect_right(self._unacknowledged, offset, key=itemgetter(1))
        self._bytes -= sum(size for _, _, size in self._unacknowledged[:count])
        del self._unacknowledged[:count]
        if self._unacknowledged and offset >= self._unacknowledged[0][0]:
            _, last, size = self._unacknowledged[0]
            self._unacknowledged[0] = (offset + 1, last, size)
            return True
        return count > 0


class RateLimit:
    """A token bucket. By default for frames that acknowledge nothing new, because a flood of them starves others."""

    def __init__(
        self,
        at_once: float = FRAMES_AT_ONCE,
        a_second: float = FRAMES_A_SECOND,
        *,
        code: CloseCode = CloseCode.BAD_REQUEST,
        reason: str = TOO_MANY_FRAMES,
    ) -> None:
        self._at_once = self._left = at_once
        self._a_second = a_second
        self._taken_at = 0.0
        self._refusal = code, reason

    def left(self, now: float) -> float:
        """Returns the tokens at `now`, in seconds of a monotonic clock."""
        return min(self._at_once, self._left + (now - self._taken_at) * self._a_second)

    def is_full(self, now: float) -> bool:
        return self.left(now) >= self._at_once

    def take(self, now: float) -> None:
        """Takes a token. Raises Disconnect if none is left."""
        self._left, self._taken_at = self.left(now) - 1, now
        if self._left < 0:
            self._left = 0
            raise Disconnect(*self._refusal)
