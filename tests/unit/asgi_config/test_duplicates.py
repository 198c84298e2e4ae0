"""What a process says again and again is said once a minute, and nothing else is left out."""

import io
import logging
from collections.abc import Callable

import pytest
from django.db import OperationalError

from asgi_config.logs.duplicates import DuplicateFilter


@pytest.fixture
def said() -> Callable[..., list[str]]:
    """said(seconds, log) runs `log` at that time and returns the lines that it wrote."""
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
def test_the_same_warning_comes_once_a_minute_and_says_how_often_it_was_left_out(
    said: Callable[..., list[str]],
) -> None:
    def warn(logger: logging.Logger) -> None:
        logger.warning("100%% of %s is away", "Redis")

    assert said(0, warn) == ["100% of Redis is away"]
    assert said(1, warn) == said(59, warn) == []
    assert said(60, warn) == ["100% of Redis is away (repeated 2 times since)"]
    assert said(120, warn) == ["100% of Redis is away"]


def test_what_differs_is_said(said: Callable[..., list[str]]) -> None:
    assert said(0, lambda logger: logger.warning("Job %s waits", 1)) == ["Job 1 waits"]
    assert said(0, lambda logger: logger.warning("Job %s waits", 2)) == ["Job 2 waits"]
    assert said(0, lambda logger: logger.error("failed", exc_info=ValueError("a"))) == ["failed", "ValueError: a"]
    assert said(0, lambda logger: logger.error("failed", exc_info=ValueError("b"))) == ["failed", "ValueError: b"]


def test_news_may_repeat(said: Callable[..., list[str]]) -> None:
    for _ in range(2):
        assert said(0, lambda logger: logger.info("done")) == ["done"]


def test_a_database_that_is_away_is_one_line(said: Callable[..., list[str]]) -> None:
    error = OperationalError("connection refused\nIs the server running?")
    assert said(0, lambda logger: logger.error("/users/ failed", exc_info=error)) == [
        "/users/ failed (connection refused)"
    ]


def test_words_that_do_not_fit_their_values_are_left_to_the_handler() -> None:
    made = logging.LogRecord("tests", logging.WARNING, __file__, 1, "%s of %s", ("one",), None)
    assert DuplicateFilter().filter(made)
