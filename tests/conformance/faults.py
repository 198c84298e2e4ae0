"""What the small server can do wrong, and the rule that must find it, with a pattern of what it says then."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from uuid import UUID, uuid4

from websockets.asyncio.server import ServerConnection
from websockets.typing import Subprotocol

from realtime import protocol
from realtime.protocol import Batch, Close, Refused

FOUND_BY: Mapping[str, tuple[str, str]] = {
    "no hello": ("hello", "hello first"),
    "echoed token": ("token-as-subprotocol", "arrivals.v1 as the answer; saw arrivals.bearer"),
    "open door": ("no-token", "4501 with no token; saw {'type': 'hello'"),
    "token in address": ("token-in-address", "4501; saw {'type': 'hello'"),
    "wrong close code": ("bad-query", "4500 for {'after': 'x'}; saw 4000"),
    "any ack": ("bad-frame", "4500 for '{'; saw no close"),
    "lost event": ("live", r"had up to \d+, expected \d+; no 'events', only heartbeats"),
    "lost tail": ("live", r"had up to \d+, expected \d+; no 'events', only heartbeats"),
    "repeat": ("live", r"expected the offset \d+, saw \d+"),
    "wrong order": ("replay", r"expected events from 1001 on, saw \d+"),
    "partial replay": ("replay", r"had up to \d+, expected \d+; no 'events', only heartbeats"),
    "short resume": ("resume", r"expected events from \d+ on, saw \d+"),
    "new epoch": ("reset-epoch", "expected the epoch of hello"),
    "no reset": ("reset-epoch", "expected a reset for 'epoch'; saw events"),
    "no filter": ("job-filter", r"of the job \d+: {'offset': \d+"),
    "big batch": ("live", r"a frame of \d+ bytes, above"),
    "no heartbeat": ("heartbeat", "expected a heartbeat after 0.2 s; saw nothing"),
    "stale heartbeat": ("heartbeat", r"expected the head \d+; saw"),
    "no window": ("window", r"expected 40000 to 105536 bytes; saw \d+"),
    "late close": ("window", "no close for"),
    "deaf to acks": ("acknowledge", "a close with 4008"),
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
