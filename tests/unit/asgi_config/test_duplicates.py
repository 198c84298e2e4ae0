"""A repeated warning is written once a minute; every other line is written."""

import errno
import io
import logging
from collections.abc import Callable

import pytest
from celery.beat import SchedulingError
from django.core.exceptions import TooManyFieldsSent
from django.db import OperationalError
from kombu.exceptions import OperationalError as QueueError
from redis.exceptions import ResponseError

from asgi_config.logs.duplicates import DuplicateFilter


@pytest.fixture
def logged() -> Callable[..., list[str]]:
    """logged(seconds, log) runs `log` at that time and returns the lines that it wrote."""
    now, out = [0.0], io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(DuplicateFilter(clock=lambda: now[0]))
    logger = logging.Logger("tests", logging.DEBUG)
    logger.addHandler(handler)

    def lines(at: float, log: Callable[[logging.Logger], None]) -> list[str]:
        now[0] = at
        before = len(out.getvalue())
        log(logger)
        return out.getvalue()[before:].splitlines()

    return lines


@pytest.mark.fault("a long outage")
def test_a_repeated_warning_is_written_once_a_minute_with_its_count(
    logged: Callable[..., list[str]],
) -> None:
    def log_warning(logger: logging.Logger) -> None:
        logger.warning("100%% of %s is away", "Redis")

    assert logged(0, log_warning) == ["100% of Redis is away"]
    assert logged(1, log_warning) == logged(59, log_warning) == []
    assert logged(60, log_warning) == ["100% of Redis is away (repeated 2 times since)"]
    assert logged(120, log_warning) == ["100% of Redis is away"]


def test_lines_that_differ_are_written(logged: Callable[..., list[str]]) -> None:
    assert logged(0, lambda logger: logger.warning("Job %s waits", 1)) == ["Job 1 waits"]
    assert logged(0, lambda logger: logger.warning("Job %s waits", 2)) == ["Job 2 waits"]
    assert logged(0, lambda logger: logger.error("failed", exc_info=ValueError("a"))) == ["failed", "ValueError: a"]
    assert logged(0, lambda logger: logger.error("failed", exc_info=ValueError("b"))) == ["failed", "ValueError: b"]


def test_info_lines_may_repeat(logged: Callable[..., list[str]]) -> None:
    for _ in range(2):
        assert logged(0, lambda logger: logger.info("done")) == ["done"]


def test_a_database_error_is_one_line(logged: Callable[..., list[str]]) -> None:
    error = OperationalError("connection refused\nIs the server running?")
    assert logged(0, lambda logger: logger.error("/users/ failed", exc_info=error)) == [
        "/users/ failed (connection refused)"
    ]


@pytest.mark.parametrize(
    "error",
    [
        ResponseError("MISCONF Errors writing to the AOF file: No space left on device"),
        QueueError("Error 111 connecting to 127.0.0.1:1. Connection refused."),
        SchedulingError("Couldn't apply scheduled task rescue: No space left on device"),
        ConnectionResetError(104, "Connection reset by peer"),
        OSError(errno.ENOSPC, "No space left on device", "/var/beat-last-runs"),
        TooManyFieldsSent("The number of GET/POST parameters exceeded the limit."),
    ],
)
def test_an_error_from_outside_is_one_line(logged: Callable[..., list[str]], error: Exception) -> None:
    assert logged(0, lambda logger: logger.error("beat failed", exc_info=error)) == [f"beat failed ({error})"]


def test_an_error_of_this_code_keeps_its_traceback(logged: Callable[..., list[str]]) -> None:
    error = PermissionError(errno.EACCES, "Permission denied", "/srv/x")
    assert logged(0, lambda logger: logger.error("failed", exc_info=error))[1:]


def test_lines_with_another_pause_until_the_next_attempt_are_repeats(logged: Callable[..., list[str]]) -> None:
    line = "Cannot connect: full.\nTrying again in %.2f seconds... (%d/100)"
    assert logged(0, lambda logger: logger.error(line, 2, 1))
    assert not logged(2, lambda logger: logger.error(line, 4, 2))


def test_a_message_that_does_not_match_its_arguments_is_left_to_the_handler() -> None:
    made = logging.LogRecord("tests", logging.WARNING, __file__, 1, "%s of %s", ("one",), None)
    assert DuplicateFilter().filter(made)
