"""A stay: a block of code that others may end, each with its own reason."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self


class Stay:
    """`async with stay:` raises the reason of whoever ended it first, be that before the block or within it.

    For one event loop, and one block. A block that comes to its end by itself, or fails, is not touched.
    """

    def __init__(self) -> None:
        self._limit = asyncio.timeout(None)
        self._reason: BaseException | None = None

    def end(self, reason: BaseException) -> None:
        self._reason = self._reason or reason
        with suppress(RuntimeError):  # not begun yet, or over
            self._limit.reschedule(0)

    async def __aenter__(self) -> Self:
        await self._limit.__aenter__()
        if self._reason:
            self.end(self._reason)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError:
            if self._reason:
                raise self._reason from None
            raise
