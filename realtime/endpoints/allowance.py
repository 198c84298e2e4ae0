"""How many frames a client may send that acknowledge nothing new: a flood of them would starve all others. Pure."""

from realtime.protocol import CloseCode, Disconnect

FRAMES_AT_ONCE = 500
FRAMES_A_SECOND = 20


class RateLimit:
    """Full at the beginning; who calls passes the time, in seconds."""

    def __init__(self) -> None:
        self._left = float(FRAMES_AT_ONCE)
        self._taken_at = 0.0

    def take(self, now: float) -> None:
        """Raises Disconnect where there is none left."""
        self._left = min(FRAMES_AT_ONCE, self._left + (now - self._taken_at) * FRAMES_A_SECOND) - 1
        self._taken_at = now
        if self._left < 0:
            raise Disconnect(
                CloseCode.BAD_REQUEST, f"Send at most {FRAMES_A_SECOND} frames a second that tell nothing new."
            )
