"""Probes run as single flights: a probe that hangs is limited in time and is not started a second time."""

import asyncio
import threading

import pytest

from asgi_config.monitoring.single_flight import SingleFlight


async def test_each_finished_call_is_followed_by_a_new_one() -> None:
    answers = iter("ab")
    flight = SingleFlight(lambda: next(answers))
    assert [await flight.result(within_seconds=60), await flight.result(within_seconds=60)] == ["a", "b"]


async def test_a_hanging_call_times_out_and_is_not_started_again() -> None:
    calls: list[int] = []
    may_go_on = threading.Event()

    def call() -> int:
        calls.append(1)
        may_go_on.wait(60)
        return len(calls)

    flight = SingleFlight(call)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await flight.result(within_seconds=0.01)
    assert len(calls) == 1
    may_go_on.set()
    assert await flight.result(within_seconds=60) == 1
    assert await flight.result(within_seconds=60) == 2


async def test_an_error_of_the_call_is_raised() -> None:
    def call() -> int:
        raise OSError("away")

    flight = SingleFlight(call)
    for _ in range(2):
        with pytest.raises(OSError, match="away"):
            await flight.result(within_seconds=60)


async def test_concurrent_callers_share_one_call_and_the_next_starts_another() -> None:
    calls: list[int] = []
    may_go_on = threading.Event()

    def call() -> int:
        calls.append(1)
        may_go_on.wait(60)
        return len(calls)

    flight = SingleFlight(call)
    waiting = [asyncio.create_task(flight.result(within_seconds=60)) for _ in range(50)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    may_go_on.set()
    assert await asyncio.gather(*waiting[1:]) == [1] * 49
    assert await flight.result(within_seconds=60) == 2
