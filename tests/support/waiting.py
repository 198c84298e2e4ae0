"""Waits until a condition is true, with a deadline. So no test sleeps for a guessed time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")
PAUSE_SECONDS = 0.02
DEADLINE = 240  # seconds; a wait ends early, so only a failed test takes that long


def wait_until(predicate: Callable[[], T], seconds: float = DEADLINE, *, pause: float = PAUSE_SECONDS) -> T:
    """Returns the predicate's first true result. Use a longer pause for an expensive predicate."""
    deadline = time.monotonic() + seconds
    while not (answer := predicate()):
        if time.monotonic() > deadline:
            raise AssertionError(f"After {seconds} s it is still not true: {_source(predicate)}")
        time.sleep(pause)
    return answer


@overload
async def wait_until_async(
    predicate: Callable[[], Awaitable[T]], seconds: float = DEADLINE, *, pause: float = PAUSE_SECONDS
) -> T: ...


@overload
async def wait_until_async(
    predicate: Callable[[], T], seconds: float = DEADLINE, *, pause: float = PAUSE_SECONDS
) -> T: ...


async def wait_until_async(
    predicate: Callable[[], Any], seconds: float = DEADLINE, *, pause: float = PAUSE_SECONDS
) -> Any:
    """Waits without blocking the event loop. The predicate is a coroutine function or a plain function."""
    deadline = time.monotonic() + seconds
    while True:
        answer = predicate()
        value = await answer if inspect.isawaitable(answer) else answer
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"After {seconds} s it is still not true: {_source(predicate)}")
        await asyncio.sleep(pause)


def _source(predicate: Callable[[], object]) -> str:
    try:
        return inspect.getsource(predicate).strip()
    except (OSError, TypeError):
        return repr(predicate)
