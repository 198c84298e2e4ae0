"""A server of the protocol that a test scripts message by message. The caller provides the socket."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.clients import wire


class ScriptedServer:
    """Answers each connection of one client by a script. Keeps the queries in `asked` and the messages in `told`."""

    def __init__(self) -> None:
        self.script: Callable[[Any, int], None] = lambda server, number: server.greet()
        self.asked: list[dict[str, str]] = []
        self.told: list[dict[str, Any]] = []
        self._push: Callable[[str], None] = lambda frame: None

    def answer(self, url: str, push: Callable[[str], None]) -> None:
        """Accepts a connection to that URL. `push` gets every message from now on."""
        self._push = push
        self.asked.append({name: values[0] for name, values in parse_qs(urlsplit(url).query).items()})
        self.script(self, len(self.asked))

    @property
    def after(self) -> int:
        return int(self.asked[-1]["after"])

    def greet(self, *, ahead: int = 0, heartbeat_s: float = 15, window_bytes: int = 1_048_576) -> None:
        hello = {"epoch": self.asked[-1]["epoch"], "after": self.after, "head": self.after + ahead}
        self.send("hello", **hello, feed="users", heartbeat_s=heartbeat_s, window_bytes=window_bytes)

    def send(self, type: str, **fields: Any) -> None:  # noqa: A002
        """Sends a message that a client must accept: `type` may be unknown, but a known type must be as documented."""
        frame = json.dumps({"type": type} | fields)
        assert wire.fault_of(frame) is None
        self._push(frame)

    def send_users(self, *offsets: int) -> None:
        user = {"email": "", "date_joined": "2026-01-01T12:00:00.000Z"}
        events = [
            {
                "offset": one,
                "type": "user.created",
                "job": None,
                "number": None,
                "total": None,
                "user": user | {"id": 10_000 + one, "username": f"u{one}"},
            }
            for one in offsets
        ]
        self.send("events", first=offsets[0], last=offsets[-1], events=events)

    def hear(self, frame: str | bytes) -> None:
        wire.require_documented(frame, of=wire.FROM_CLIENT)
        self.told.append(json.loads(frame))
