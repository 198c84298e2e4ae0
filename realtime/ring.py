"""The ring: a feed's newest batches without a gap, up to RING_BYTES. Pure."""

from collections import deque

from realtime.protocol import Batch

RING_BYTES = 16 * 1024 * 1024


class Ring:
    """Keeps the batches that follow the initial `head`. Each added batch moves `head` to its last offset."""

    def __init__(self, head: int) -> None:
        self.head = head
        self._batches: deque[Batch] = deque()
        self._bytes = 0

    def add(self, batch: Batch) -> bool:
        """Adds the batch if it comes next and ignores a known one. Returns False if a batch before it is missing."""
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
        """Returns the batches after the offset, oldest first, or None if the ring does not reach back that far."""
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
