"""Limits an answer to a minute more than the timeouts promise: enough for a slow machine, too little for a hang."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
SLACK_SECONDS = 60


class Bound:
    """Limits the time of each answer. `longest_seconds` is the time of the slowest one."""

    def __init__(self, seconds: float) -> None:
        self.longest_seconds = 0.0
        self._seconds = seconds

    def ask(self, question: Callable[[], T]) -> T:
        began = time.monotonic()
        answer = question()
        self.check(time.monotonic() - began)
        return answer

    def check(self, took_seconds: float) -> None:
        self.longest_seconds = max(self.longest_seconds, took_seconds)
        assert took_seconds < self._seconds + SLACK_SECONDS, f"{took_seconds:.1f} s, but {self._seconds} s are promised"
