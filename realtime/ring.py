"""The ring: a feed's newest batches, without a gap, up to a number of bytes. Pure."""

from collections import deque

from realtime.protocol import Batch

RING_BYTES = 16 * 1024 * 1024


class Ring:
    """Holds what follows on `head`; every batch that it takes moves `head` to the batch's end."""

    def __init__(self, head: int) -> None:
        self.head = head
        self._batches: deque[Batch] = deque()
        self._bytes = 0

    def take(self, batch: Batch) -> bool:
        """Add the batch if it comes next, and pass over one that is known; False for one that comes too early."""
        if batch.first > self.head + 1:
            return False
        if batch.last > self.head:
            self.head = batch.last
            self._batches.append(batch)
            self._bytes += len(batch.frame)
            while self._bytes > RING_BYTES:
                self._bytes -= len(self._batches.popleft().frame)
        return True

    def since(self, offset: int) -> list[Batch] | None:
        """The batches after the offset, oldest first; None when the ring does not reach back so far."""
        if offset >= self.head:
            return []
        if not self._batches or self._batches[0].first > offset + 1:
            return None
        newer: list[Batch] = []
        for batch in reversed(self._batches):
            if batch.last <= offset:
                break
            newer.append(batch)
        return newer[::-1]
