"""Faults of the small server, each with the rule that must find it and a pattern of that rule's message."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from uuid import UUID, uuid4

from websockets.typing import Subprotocol

from realtime import protocol
from realtime.endpoints.flow_control import Window
from realtime.protocol import CloseCode, Disconnect, Subscription
from tests.conformance.faulty_streams import Batches, Course, stream
from tests.conformance.faulty_windows import WINDOWS

GAP = r"^expected the offset \d+, saw \d+"
DEAF = r"^had up to \d+, expected \d+; no 'events', only heartbeats"
FOUND_BY: Mapping[str, tuple[str, str]] = {
    "no hello": ("hello", "hello first"),
    "echoed token": ("token-as-subprotocol", "arrivals.v1 as the answer; saw arrivals.bearer"),
    "any offered token": ("token-as-subprotocol", "4501 for a wrong one; saw {'type': 'hello'"),
    "open door": ("no-token", "4501 with no token; saw {'type': 'hello'"),
    "token in address": ("token-in-address", "4501; saw {'type': 'hello'"),
    "wrong close code": ("bad-query", "4500 for {'after': 'x'}; saw 4000"),
    "version not answered": ("version", "expected arrivals.v1; saw None"),
    "any version": ("other-version", "expected 4500; saw {'type': 'hello'"),
    "strict reader": ("unknown-message", "a close with 4500"),
    "only what was sent": ("early-ack", "a close with 4500"),
    "any ack": ("bad-frame", "4500 for '{'; saw no close"),
    "lost beginning": ("live", r"live: expected the offset \d+, saw \d+"),
    "lost batch": ("live", GAP),
    "hole inside a batch": ("live", r"a batch \d+\.\.\d+ with the offsets"),
    "lost tail": ("live", DEAF),
    "repeat": ("live", GAP),
    "wrong order": ("replay", r"expected events from 1001 on, saw \d+"),
    "partial replay": ("replay", DEAF),
    "other replay": ("replay", "from the log, as live: {'offset': "),
    "short resume": ("resume", r"expected events from \d+ on, saw \d+"),
    "short resume at work": ("cuts", r"after \d+ cuts: expected the offset \d+, saw \d+"),
    "new epoch": ("reset-epoch", "expected the epoch of hello"),
    "no reset (epoch)": ("reset-epoch", "expected a reset for 'epoch'; saw events"),
    "no reset (trimmed)": ("reset-trimmed", "expected a reset for 'trimmed'; saw events"),
    "no reset (ahead)": ("reset-ahead", "expected a reset for 'ahead'; saw events"),
    "wrong reason": ("reset-ahead", "expected ahead; saw epoch"),
    "hello ahead": ("reset-ahead", r"expected hello.after to be \d+, the head; saw \d+"),
    "lost at the seam": ("seam", GAP),
    "deaf after a replay": ("seam", DEAF),
    "deaf after a heartbeat": ("seam", DEAF),
    "replay ends twice": ("seam", GAP),
    "job ends twice": ("seam", GAP),
    "repeated ack": ("seam", "a close with 4500"),
    "deaf with a filter": ("job-seam", r"had none, expected \d+; no 'events', only heartbeats"),
    "no heartbeat with a filter": ("job-seam", "expected a heartbeat after 0.2 s; saw nothing"),
    "numbers backwards": ("job-filter", "the accounts 1 to 60, in order; saw "),
    "no filter": ("job-filter", r"of the job \d+: {'offset': \d+"),
    "big batch": ("live", r"a frame of \d+ bytes, above"),
    "no heartbeat": ("heartbeat", "expected a heartbeat after 0.2 s; saw nothing"),
    "stale heartbeat": ("heartbeat", r"expected the head \d+; saw"),
    "no window": ("window", r"expected 40000 to 105536 bytes; saw \d+"),
    "late close": ("window", "no close for"),
    "early close": ("window", r"expected 4008 after 0\.5 s; saw 4008 after 0\.\d s"),
    "one ack, one batch": ("acknowledge", r"expected 40000 bytes after one ack, or all; saw \d+ bytes"),
    "deaf to acks": ("acknowledge", "a close with 4008"),
}
OF_ONE_RULE = frozenset(
    {
        "echoed token",
        "any offered token",
        "token in address",
        "any version",
        "strict reader",
        "only what was sent",
        "any ack",
        "no reset (epoch)",
        "no reset (trimmed)",
        "no reset (ahead)",
        "hello ahead",
        "numbers backwards",
        "job ends twice",
        "deaf with a filter",
        "no heartbeat with a filter",
        "stale heartbeat",
        "late close",
        "one ack, one batch",
    }
)
PADDING = 3000


class Faults:
    def __init__(self, name: str = "") -> None:
        if name and name not in FOUND_BY:
            raise ValueError(f"There is no fault {name!r}; there are {', '.join(FOUND_BY)}.")
        self._name = name

    def on(self, name: str) -> bool:
        return self._name == name

    def pack(self, texts: Sequence[str], first: int) -> Iterable[tuple[int, int, str]]:
        if self.on("numbers backwards"):
            texts = texts[::-1]
        if self.on("hole inside a batch"):
            batches = protocol.pack(texts, first)
            return [(first, last, json.dumps(json.loads(payload)[::2])) for first, last, payload in batches]
        if not self.on("big batch"):
            return protocol.pack(texts, first)
        padding = "x" * PADDING
        padded = [f'{{"offset":{offset},"padding":"{padding}",{text[1:]}' for offset, text in enumerate(texts, first)]
        return [(first, first + len(texts) - 1, f"[{','.join(padded)}]")]

    def choose(self, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        if self.on("echoed token"):
            return offered[-1] if offered else None
        version = Subprotocol(protocol.SUBPROTOCOL)
        return version if version in offered and not self.on("version not answered") else None

    def code(self, code: CloseCode) -> int:
        return 4000 if self.on("wrong close code") else int(code)

    def opens(self, path: str, offered: Sequence[str]) -> bool:
        """Returns whether the fault lets a client in that has no valid token in the right place."""
        is_in_path, is_offered = "token=" in path, protocol.offered_token(offered) is not None
        return {"open door": True, "token in address": is_in_path, "any offered token": is_offered}.get(
            self._name, False
        )

    def epoch(self, epoch: UUID) -> UUID:
        return uuid4() if self.on("new epoch") else epoch

    def after(self, offset: int, ask: Subscription) -> int:
        return max(offset, ask.after or 0) if self.on("hello ahead") else offset

    def hides(self, reason: str) -> bool:
        """Returns whether the fault leaves out the reset for this reason."""
        return self.on(f"no reset ({reason})")

    def reason(self, reason: str) -> str:
        return "epoch" if self.on("wrong reason") else reason

    def key(self, key: str | None) -> str | None:
        return None if self.on("no filter") else key

    def acknowledged(self, frame: str | bytes, sent: int) -> int | None:
        if self.on("deaf to acks"):
            return None
        if self.on("any ack"):
            with suppress(Disconnect):
                return min(protocol.parse_ack(str(frame)) or 0, sent)
            return None
        offset = protocol.parse_ack(frame if isinstance(frame, str) else None)
        if offset is None and self.on("strict reader"):
            raise Disconnect(CloseCode.BAD_REQUEST, "Send what is known.")
        return offset

    def window(self, limit: int) -> Window:
        return WINDOWS.get(self._name, Window)(limit)

    def too_slow_s(self, seconds: float) -> float:
        return seconds * {"late close": 20, "early close": 0.5}.get(self._name, 1)

    def beats(self, ask: Subscription) -> bool:
        return not (self.on("no heartbeat") or (self.on("no heartbeat with a filter") and ask.key))

    def stream(self, due: Batches, course: Course) -> Batches:
        """Returns the batches that are sent, in the order of sending."""
        return stream(self._name, due, course)
