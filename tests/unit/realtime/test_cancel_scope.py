"""A cancel scope raises the reason of its first cancel, and leaves alone what its block does itself."""

import asyncio

import pytest

from realtime.endpoints.draining import CancelScope

FOREVER = 3600


class Cancelled(Exception):
    pass


def cancel_twice(scope: CancelScope) -> None:
    scope.cancel(Cancelled("first"))
    scope.cancel(Cancelled("second"))


async def cancel_inside(scope: CancelScope) -> None:
    async with scope:
        cancel_twice(scope)
        await asyncio.sleep(FOREVER)


async def fail_after_cancel(scope: CancelScope, error: Exception) -> None:
    async with scope:
        scope.cancel(Cancelled())
        raise error


async def test_a_scope_raises_the_first_reason() -> None:
    with pytest.raises(Cancelled, match="first"):
        await cancel_inside(CancelScope())


async def test_a_scope_may_be_cancelled_before_its_block() -> None:
    scope = CancelScope()
    cancel_twice(scope)
    with pytest.raises(Cancelled, match="first"):
        await cancel_inside(scope)


async def test_a_cancel_after_the_block_has_no_effect() -> None:
    scope = CancelScope()
    async with scope:
        pass
    scope.cancel(Cancelled())
    await asyncio.sleep(0)


@pytest.mark.parametrize("error", [TimeoutError("its own"), ZeroDivisionError("its own")], ids=repr)
async def test_an_error_of_the_block_itself_is_raised(error: Exception) -> None:
    with pytest.raises(type(error), match="its own"):
        await fail_after_cancel(CancelScope(), error)


async def test_a_task_cancelled_inside_a_scope_is_cancelled() -> None:
    async def wait_in_scope() -> None:
        async with CancelScope():
            await asyncio.sleep(FOREVER)

    task = asyncio.create_task(wait_in_scope())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
