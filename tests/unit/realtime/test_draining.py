"""A drain ends polls at once, sockets in turn, and watchers that join later as they join."""

import asyncio
from typing import Any

import pytest

from realtime.endpoints.draining import LONGEST_PAUSE_SECONDS, CancelScope, Drain
from realtime.protocol import CloseCode, Disconnect

FOREVER = 3600


async def socket(drain: Drain, left: list[Any], name: Any = None) -> None:
    try:
        scope = CancelScope()
        with drain.register_socket(scope):
            async with scope:
                await asyncio.sleep(FOREVER)
    except Disconnect as refused:
        left.append(name if refused.code == CloseCode.GOING_AWAY else refused)


async def poll(drain: Drain, left: list[Any], name: Any = None) -> None:
    try:
        async with asyncio.timeout(FOREVER) as limit:
            with drain.register_poll(limit):
                await asyncio.sleep(FOREVER)
    except TimeoutError:
        left.append(name)


async def started(*watchers: Any) -> list["asyncio.Task[None]"]:
    tasks = [asyncio.create_task(watcher) for watcher in watchers]
    await asyncio.sleep(0)
    return tasks


async def test_polls_leave_before_all_sockets_but_the_first() -> None:
    drain, left = Drain(), []  # type: ignore[var-annotated]
    tasks = await started(*(socket(drain, left, n) for n in range(3)), poll(drain, left, "poll"))
    drain.begin(within_seconds=60)
    await asyncio.gather(*tasks)
    assert sorted(left[:2], key=str) == [0, "poll"]
    assert left[2:] == [1, 2]


@pytest.mark.parametrize("within_seconds", [0, 0.2])
async def test_many_sockets_leave_in_order(within_seconds: float) -> None:
    drain, left = Drain(), []  # type: ignore[var-annotated]
    tasks = await started(*(socket(drain, left, n) for n in range(300)))
    drain.begin(within_seconds=within_seconds)
    await asyncio.gather(*tasks)
    assert left == list(range(300))


async def test_few_sockets_do_not_use_the_whole_time() -> None:
    drain, left = Drain(), []  # type: ignore[var-annotated]
    tasks = await started(*(socket(drain, left) for _ in range(5)))
    clock = asyncio.get_running_loop().time
    began = clock()
    drain.begin(within_seconds=FOREVER)
    await asyncio.gather(*tasks)
    assert clock() - began > 3 * LONGEST_PAUSE_SECONDS
    assert len(left) == 5


async def test_watchers_that_join_during_a_drain_leave_too() -> None:
    drain, left = Drain(), []  # type: ignore[var-annotated]
    drain.begin(within_seconds=1)
    await asyncio.gather(socket(drain, left, "socket"), poll(drain, left, "poll"))
    assert sorted(left) == ["poll", "socket"]


async def test_watchers_that_left_before_their_turn_are_skipped() -> None:
    """One watcher leaves before the drain begins, another between that and its turn."""
    drain, left = Drain(), []  # type: ignore[var-annotated]
    tasks = await started(*(socket(drain, left, n) for n in range(3)))
    tasks[0].cancel()
    await asyncio.gather(tasks[0], return_exceptions=True)
    drain.begin(within_seconds=60)
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert left == [1]
