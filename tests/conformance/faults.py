"""What the small server can do wrong, and the rule that must find it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from uuid import UUID, uuid4

from websockets.asyncio.server import ServerConnection
from websockets.typing import Subprotocol

from realtime import protocol
from realtime.protocol import Batch, Close, Refused

FOUND_BY: Mapping[str, str] = {
    "no hello": "hello",
    "echoed token": "token-as-subprotocol",
    "open door": "no-token",
    "token in address": "token-in-address",
    "wrong close code": "bad-query",
    "any ack": "bad-frame",
    "lost event": "live",
    "lost tail": "live",
    "repeat": "live",
    "wrong order": "replay",
    "partial replay": "replay",
    "short resume": "resume",
    "new epoch": "reset-epoch",
    "no reset": "reset-epoch",
    "no filter": "job-filter",
    "big batch": "live",
    "no heartbeat": "heartbeat",
    "stale heartbeat": "heartbeat",
    "no window": "window",
    "late close": "window",
    "deaf to acks": "acknowledge",
}
PADDING = 3000


class Faults:
    def __init__(self, name: str = "") -> None:
        if name and name not in FOUND_BY:
            raise ValueError(f"There is no fault {name!r}; there are {', '.join(FOUND_BY)}.")
        self._name = name
        self._batches = 0

    def on(self, name: str) -> bool:
        return self._name == name

    def pack(self, texts: Sequence[str], first: int) -> Iterable[tuple[int, int, str]]:
        if not self.on("big batch"):
            return protocol.pack(texts, first)
        padding = "x" * PADDING
        padded = [f'{{"offset":{offset},"padding":"{padding}",{text[1:]}' for offset, text in enumerate(texts, first)]
        return [(first, first + len(texts) - 1, f"[{','.join(padded)}]")]

    def choose(self, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        if self.on("echoed token"):
            return offered[-1] if offered else None
        version = Subprotocol(protocol.SUBPROTOCOL)
        return version if version in offered else None

    def code(self, code: Close) -> int:
        return 4000 if self.on("wrong close code") else int(code)

    def opens(self, connection: ServerConnection) -> bool:
        """Without the right token in its place."""
        path = connection.request.path if connection.request else ""
        return self.on("open door") or (self.on("token in address") and "token=" in path)

    def epoch(self, epoch: UUID) -> UUID:
        return uuid4() if self.on("new epoch") else epoch

    def key(self, key: str | None) -> str | None:
        return None if self.on("no filter") else key

    def acknowledged(self, frame: str | bytes, sent: int) -> int | None:
        if self.on("deaf to acks"):
            return None
        if not self.on("any ack"):
            return protocol.parse_ack(frame if isinstance(frame, str) else None)
        with suppress(Refused):
            return min(protocol.parse_ack(str(frame)) or 0, sent)
        return None

    def stream(self, batches: Sequence[Batch], *, is_replay: bool, is_resume: bool) -> Iterator[Batch]:
        """What is sent of them, and in which order."""
        if self.on("wrong order"):
            batches = batches[::-1]
        if self.on("partial replay") and is_replay:
            batches = batches[: len(batches) // 2]
        if self.on("short resume") and is_resume:
            batches = batches[1:]
        for batch in batches:
            self._batches += 1
            if self.on("lost event") and not is_replay and self._batches % 3 == 2:
                continue
            if self.on("lost tail") and not is_replay and "job.finished" in batch.frame:
                continue
            yield batch
            if self.on("repeat"):
                yield batch
