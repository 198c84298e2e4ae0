"""Each process of the service is killed, terminated, or paused for a while: it is replaced, and nothing is lost."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from signal import SIGKILL, SIGTERM

import pytest

from tests.chaos.checks.bound import Bound
from tests.chaos.checks.tracebacks import CHILD_LOST, TOO_LONG
from tests.chaos.faults.hits import Strikes
from tests.chaos.faults.run import DEADLINE, SMALL, Run
from tests.chaos.faults.second_web import SecondWeb, second_web
from tests.chaos.faults.strikes import busiest, go_on, step_is_open, stop, stopped_in_open_step
from tests.chaos.faults.zombie import pause_until_rescued
from tests.chaos.form import either
from tests.support.services.service import Pids, Service
from tests.support.waiting import wait_until

TIMES = either(short=1, long=3)
PAUSED_SECONDS = either(short=3, long=20)
PROCESSES = 2
BUSY_SECONDS = 20

Pick = Callable[[Pids], int | None]

PARTS: dict[str, Pick] = {
    "a pool child": lambda pids: busiest(pids.pool),
    "the worker": lambda pids: pids.worker,
    "beat": lambda pids: pids.beat,
    "the web process": lambda pids: pids.web,
}
SECOND_KILLED = "one of two web processes is killed"
SECOND_TERMINATED = "one of two web processes gets SIGTERM"
PAUSED_WEB = "the web process is paused for a while"
PAUSED_WORKER = "the worker is paused for a while"
FROZEN = "a pool child freezes while its transaction on SQLite is open"
ZOMBIE = "a pool child is paused until its lane is rescued, then continues"

pytestmark = pytest.mark.timeout(6 * DEADLINE)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service(options=["--workers", str(PROCESSES)], may_complain=True) as service:
        yield service


@pytest.fixture(scope="module")
def second(service: Service) -> Iterator[SecondWeb]:
    with second_web(service) as web:
        yield web


def wait_until_complete(service: Service) -> Pids:
    found = wait_until(lambda: complete_pids(service), DEADLINE, pause=0.3)
    assert found
    return found


def complete_pids(service: Service) -> Pids | None:
    """Returns the pids once every process is running."""
    pids = service.pids()
    return pids if pids.web and pids.worker and pids.beat and len(pids.pool) == PROCESSES else None


def send(service: Service, pick: Pick, number: signal.Signals) -> bool:
    """Sends the signal and waits for the replacement. Returns False if no pool child was at work."""
    struck = pick(wait_until_complete(service))
    if struck:
        os.kill(struck, number)
        wait_until(lambda: is_replaced(service, struck), DEADLINE, pause=0.3)
    return struck is not None


def is_replaced(service: Service, struck: int) -> bool:
    pids = complete_pids(service)
    return bool(pids and struck not in {*pids.pool, pids.web, pids.worker, pids.beat})


def pause_for_a_while(service: Service, pick: Pick) -> None:
    pid = pick(wait_until_complete(service))
    assert pid
    stop(pid)
    stopped_at = time.monotonic()
    try:
        wait_until(lambda: time.monotonic() > stopped_at + PAUSED_SECONDS)
    finally:
        go_on(pid)


def end_second(second: SecondWeb, number: signal.Signals) -> None:
    second.end(number)
    second.start()


@pytest.mark.fault(
    "a pool child is killed",
    "a pool child gets SIGTERM",
    "the worker is killed",
    "the worker gets SIGTERM",
    "beat is killed",
    "beat gets SIGTERM",
)
async def test_killed_worker_processes_are_replaced_and_lose_nothing(service: Service, strikes: Strikes) -> None:
    async with Run(service, strikes, raises=CHILD_LOST) as run:
        for name in ("a pool child", "the worker", "beat"):
            await run.strike(partial(send, service, PARTS[name], SIGKILL), times=TIMES, name=f"{name} is killed")
            await run.strike(partial(send, service, PARTS[name], SIGTERM), times=TIMES, name=f"{name} gets SIGTERM")


@pytest.mark.fault(
    SECOND_KILLED,
    SECOND_TERMINATED,
    "the web process is killed",
    "the web process gets SIGTERM",
    PAUSED_WEB,
    PAUSED_WORKER,
)
async def test_killed_or_paused_web_processes_lose_no_event(
    service: Service, second: SecondWeb, strikes: Strikes
) -> None:
    web = PARTS["the web process"]

    def webs() -> dict[str, int]:
        return {service.address: service.pids().web or 0, second.address: second.pid}

    async with Run(service, strikes, webs=webs) as run:
        await run.strike(partial(end_second, second, SIGKILL), times=TIMES, name=SECOND_KILLED)
        await run.strike(partial(end_second, second, SIGTERM), times=TIMES, name=SECOND_TERMINATED)
        assert run.steady.connections == 1, "watchers of the other web process notice nothing"
        await run.strike(partial(send, service, web, SIGKILL), times=TIMES, name="the web process is killed")
        await run.strike(partial(send, service, web, SIGTERM), times=TIMES, name="the web process gets SIGTERM")
        await run.strike(partial(pause_for_a_while, service, web), times=TIMES, name=PAUSED_WEB)
        await run.strike(partial(pause_for_a_while, service, PARTS["the worker"]), times=TIMES, name=PAUSED_WORKER)


@pytest.mark.fault(ZOMBIE)
async def test_a_pool_child_that_continues_after_a_rescue_does_no_harm(service: Service, strikes: Strikes) -> None:
    async with Run(service, strikes, raises=CHILD_LOST) as run:

        async def continue_after_rescue() -> bool:
            return await pause_until_rescued(run, (await asyncio.to_thread(wait_until_complete, service)).pool[0])

        await run.strike(continue_after_rescue, times=either(short=1, long=2))


@pytest.mark.fault(FROZEN)
async def test_a_pool_child_frozen_in_a_step_is_killed_and_others_continue(service: Service, strikes: Strikes) -> None:
    """Meanwhile a write waits for SQLite's lock timeout, and is refused."""

    def freeze() -> bool:
        with stopped_in_open_step(service, step_is_open(service, None)) as pid:
            if pid is None:
                return False
            refused = Bound(BUSY_SECONDS).ask(lambda: run.program.post("/api/jobs", {"total": SMALL}))
            assert refused.problem == (503, "unavailable")
            wait_until(lambda: pid not in service.pids().pool, DEADLINE, pause=0.3)
        return True

    async with Run(service, strikes, raises=TOO_LONG) as run:
        await run.strike(freeze)
