"""A stay ends by whoever is first, with their reason; what its block does by itself is not touched."""

import asyncio

import pytest

from realtime.endpoints.draining import CancelScope

FOREVER = 3600


class Ended(Exception):
    pass


def end(stay: CancelScope) -> None:
    stay.cancel(Ended("first"))
    stay.cancel(Ended("second"))


async def be_ended_in(stay: CancelScope) -> None:
    async with stay:
        end(stay)
        await asyncio.sleep(FOREVER)


async def fail_in(stay: CancelScope, error: Exception) -> None:
    async with stay:
        stay.cancel(Ended())
        raise error


async def test_a_scope_raises_the_first_reason() -> None:
    with pytest.raises(Ended, match="first"):
        await be_ended_in(CancelScope())


async def test_a_scope_may_be_cancelled_before_its_block() -> None:
    stay = CancelScope()
    end(stay)
    with pytest.raises(Ended, match="first"):
        await be_ended_in(stay)


async def test_a_cancel_after_the_block_has_no_effect() -> None:
    stay = CancelScope()
    async with stay:
        pass
    stay.cancel(Ended())
    await asyncio.sleep(0)


@pytest.mark.parametrize("error", [TimeoutError("its own"), ZeroDivisionError("its own")], ids=repr)
async def test_an_error_of_the_block_itself_is_raised(error: Exception) -> None:
    with pytest.raises(type(error), match="its own"):
        await fail_in(CancelScope(), error)


async def test_a_task_cancelled_inside_a_scope_is_cancelled() -> None:
    async def staying() -> None:
        async with CancelScope():
            await asyncio.sleep(FOREVER)

    task = asyncio.create_task(staying())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
