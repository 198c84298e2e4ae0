"""Runs blocking calls in threads that callers may stop waiting for."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


def run_in_thread(call: Callable[[], T]) -> Future[T]:
    """Starts the call in a daemon thread. A pool's thread would keep a stopped process alive while its call hangs."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="probe", daemon=True).start()
    return future


class SingleFlight(Generic[T]):
    """A blocking call of which one runs at a time. All callers meanwhile share its result."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._running: Future[T] | None = None

    async def result(self, *, within_seconds: float) -> T:
        """Raises TimeoutError, or the call's exception. The next caller joins a call that still runs."""
        if self._running is None or self._running.done():
            self._running = run_in_thread(self._call)
        async with asyncio.timeout(within_seconds):
            return await asyncio.shield(asyncio.wrap_future(self._running))
