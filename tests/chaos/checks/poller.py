"""A watcher by long poll: polls again after every failure, and keeps all events that it has seen."""

import asyncio
import json
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from tests.support.services.program import Program

WAIT_SECONDS = 2
RETRY_SECONDS = 0.05


class Poller:
    """Polls as docs/api.md advises. Records resets in `resets`, because a run expects none."""

    def __init__(self, program: Program, *, epoch: str, after: int) -> None:
        self.epoch = epoch
        self.offset = after
        self.events: list[dict[str, Any]] = []
        self.resets: list[str] = []
        self.failures = 0
        self._program = program

    async def follow(self) -> None:
        """Polls until it is cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.poll)
            except (OSError, HTTPException, json.JSONDecodeError):
                self.failures += 1
                await asyncio.sleep(RETRY_SECONDS)

    def poll(self) -> None:
        asked: dict[str, int | str] = {"after": self.offset, "limit": 100, "wait": WAIT_SECONDS}
        asked |= {"epoch": self.epoch} if self.epoch else {}
        answer = self._program.get(f"/api/events?{urlencode(asked)}")
        if answer.status == 410:
            self.resets.append(answer.json["reason"])
            self.epoch, self.offset = answer.json["epoch"], answer.json["head"]
        elif answer.status == 200:
            self.events += answer.json["events"]
            self.epoch, self.offset = answer.json["epoch"], answer.json["last"]
        else:
            assert answer.status == 503, answer.text
            raise OSError(f"{answer.status}: {answer.text}")
