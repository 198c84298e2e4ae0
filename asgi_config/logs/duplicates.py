"""Limits repeated log lines to one a minute, so that an outage does not fill the log.

A full Redis caused 50 lines a second of the same two tracebacks, an unavailable database one line per request.
"""

import errno
import logging
import re
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from celery.beat import SchedulingError
from django.core.exceptions import SuspiciousOperation
from kombu.exceptions import OperationalError as QueueError
from redis.exceptions import RedisError

from task.database.errors import UNAVAILABLE

SILENT_SECONDS = 60.0
MOST_KEPT = 1_000
OUTSIDE = (*UNAVAILABLE, RedisError, QueueError, SchedulingError, ConnectionError, SuspiciousOperation)
FULL = {errno.ENOSPC, errno.EDQUOT}
PAUSE = re.compile(r"Trying again in .*")  # Celery's pauses grow, so its lines differ


@dataclass(slots=True)
class Logged:
    at: float
    repeats: int = 0


class DuplicateFilter(logging.Filter):
    """Drops a warning or error that was logged within the last minute. The next such line has the number of repeats.

    An error of the database, of Redis, of a full disk or of a visitor's request becomes one line without its traceback.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._logged: dict[Hashable, Logged] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING or not _is_formattable(record):
            return True
        error = record.exc_info[1] if record.exc_info else None
        if error and _is_outside(error):
            record.exc_info = record.exc_text = None
            _append(record, f"({str(error).strip().partition(chr(10))[0]})")
        key = (record.name, PAUSE.sub("", record.getMessage()), type(error), str(error))
        last, now = self._logged.get(key), self._clock()
        if last and now - last.at < SILENT_SECONDS:
            last.repeats += 1
            return False
        if last and last.repeats:
            _append(record, f"(repeated {last.repeats} times since)")
        if len(self._logged) >= MOST_KEPT:
            self._logged.clear()
        self._logged[key] = Logged(now)
        return True


def _is_outside(error: BaseException) -> bool:
    """Whether the cause is outside this code, so that a traceback would say nothing."""
    return isinstance(error, OUTSIDE) or (isinstance(error, OSError) and error.errno in FULL)


def _is_formattable(record: logging.LogRecord) -> bool:
    """Leaves a wrong format string to the handler, which reports it. An exception here would reach the caller."""
    try:
        record.getMessage()
    except Exception:
        return False
    return True


def _append(record: logging.LogRecord, text: str) -> None:
    record.msg, record.args = f"{record.getMessage()} {text}", ()
