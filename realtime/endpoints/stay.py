"""A stay: a block of code that others may end, each with its own reason."""

import asyncio
from types import TracebackType
from typing import Self


class CancelScope:
    """`async with stay:` raises the reason of whoever ended it first, be that before the block or within it.

    For one event loop, and one block. A block that comes to its end by itself, or fails, is not touched.
    """

    def __init__(self) -> None:
        self.is_ended = False
        self._reason: BaseException | None = None
        self._limit = asyncio.timeout(None)
        self._is_open = False

    def end(self, reason: BaseException) -> None:
        if not self.is_ended:
            self.is_ended, self._reason = True, reason
            self._interrupt()

    async def __aenter__(self) -> Self:
        await self._limit.__aenter__()
        self._is_open = True
        if self.is_ended:
            self._interrupt()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_open = False
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError:
            if self._reason:
                raise self._reason from None
            raise

    def _interrupt(self) -> None:
        """Once. A timeout that is not entered, or over, takes no new time (AssertionError on Python 3.11.2)."""
        if self._is_open:
            self._limit.reschedule(0)
