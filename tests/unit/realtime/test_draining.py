"""Who watches is sent elsewhere: polls at once, sockets one after another, late ones as they come."""

import asyncio
from typing import Any

import pytest

from realtime.endpoints.draining import LONGEST_PAUSE_SECONDS, CancelScope, Drain
from realtime.protocol import CloseCode, Disconnect

FOREVER = 3600


async def socket(departure: Drain, left: list[Any], name: Any = None) -> None:
    try:
        stay = CancelScope()
        with departure.register_socket(stay):
            async with stay:
                await asyncio.sleep(FOREVER)
    except Disconnect as refused:
        left.append(name if refused.code == CloseCode.GOING_AWAY else refused)


async def poll(departure: Drain, left: list[Any], name: Any = None) -> None:
    try:
        async with asyncio.timeout(FOREVER) as limit:
            with departure.register_poll(limit):
                await asyncio.sleep(FOREVER)
    except TimeoutError:
        left.append(name)


async def started(*watchers: Any) -> list["asyncio.Task[None]"]:
    tasks = [asyncio.create_task(watcher) for watcher in watchers]
    await asyncio.sleep(0)
    return tasks


async def test_polls_leave_before_all_sockets_but_the_first() -> None:
    departure, left = Drain(), []  # type: ignore[var-annotated]
    tasks = await started(*(socket(departure, left, n) for n in range(3)), poll(departure, left, "poll"))
    departure.begin(within_seconds=60)
    await asyncio.gather(*tasks)
    assert sorted(left[:2], key=str) == [0, "poll"]
    assert left[2:] == [1, 2]


@pytest.mark.parametrize("within_seconds", [0, 0.2])
async def test_many_sockets_leave_in_order(within_seconds: float) -> None:
    departure, left = Drain(), []  # type: ignore[var-annotated]
    tasks = await started(*(socket(departure, left, n) for n in range(300)))
    departure.begin(within_seconds=within_seconds)
    await asyncio.gather(*tasks)
    assert left == list(range(300))


async def test_few_sockets_do_not_use_the_whole_time() -> None:
    departure, left = Drain(), []  # type: ignore[var-annotated]
    tasks = await started(*(socket(departure, left) for _ in range(5)))
    clock = asyncio.get_running_loop().time
    began = clock()
    departure.begin(within_seconds=FOREVER)
    await asyncio.gather(*tasks)
    assert clock() - began > 3 * LONGEST_PAUSE_SECONDS
    assert len(left) == 5


async def test_watchers_that_join_during_a_drain_leave_too() -> None:
    departure, left = Drain(), []  # type: ignore[var-annotated]
    departure.begin(within_seconds=1)
    await asyncio.gather(socket(departure, left, "socket"), poll(departure, left, "poll"))
    assert sorted(left) == ["poll", "socket"]


async def test_watchers_that_left_before_their_turn_are_skipped() -> None:
    """One when it begins, and one between its beginning and its turn."""
    departure, left = Drain(), []  # type: ignore[var-annotated]
    tasks = await started(*(socket(departure, left, n) for n in range(3)))
    tasks[0].cancel()
    await asyncio.gather(tasks[0], return_exceptions=True)
    departure.begin(within_seconds=60)
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert left == [1]
