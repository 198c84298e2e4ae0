"""Keeps an outage from filling the log: what a process says again and again, it says once a minute.

A Redis that is full made 50 lines a second of the same two tracebacks, a database that is away one for each request.
"""

import logging
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError

SILENT_SECONDS = 60.0
MOST_KEPT = 1_000
AWAY = (OperationalError, InterfaceError)


@dataclass(slots=True)
class Said:
    at: float
    left_out: int = 0


class DuplicateFilter(logging.Filter):
    """Leaves out a warning or an error that was said within the last minute, and then says how many were left out.

    A database that cannot be used is told in one line: where it was asked adds nothing.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[Hashable, Said] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING or not _has_words(record):
            return True
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, AWAY):
            _shorten(record, error)
        key = (record.name, record.getMessage(), type(error), str(error))
        before, now = self._said.get(key), self._clock()
        if before and now - before.at < SILENT_SECONDS:
            before.left_out += 1
            return False
        if before and before.left_out:
            _add(record, f"(said {before.left_out} times more since)")
        if len(self._said) >= MOST_KEPT:
            self._said.clear()
        self._said[key] = Said(now)
        return True


def _has_words(record: logging.LogRecord) -> bool:
    """Where they do not fit their values, the handler says so; an error raised here would reach whoever logs."""
    try:
        record.getMessage()
    except Exception:
        return False
    return True


def _shorten(record: logging.LogRecord, error: BaseException) -> None:
    record.exc_info = record.exc_text = None
    _add(record, f"({str(error).strip().partition(chr(10))[0]})")


def _add(record: logging.LogRecord, words: str) -> None:
    record.msg, record.args = f"{record.getMessage()} {words}", ()
