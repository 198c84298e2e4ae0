"""Each part of `manage.py live` is killed every 3 s for a while: it comes back each time, and nothing is lost.

Notes the longest time without an account, without a page, and without a rescue of beat.
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.client import HTTPException

import pytest

from tests.chaos.checks.tracebacks import CHILD_LOST, REDIS_LOST
from tests.chaos.checks.visitor import Visitor
from tests.chaos.faults.hits import Strikes
from tests.chaos.faults.run import DEADLINE, Run
from tests.chaos.form import either
from tests.support.services.service import Pids, Service
from tests.support.waiting import wait_until_async

KILLING_SECONDS = either(short=9, long=60)
SECONDS_BETWEEN_KILLS = 3
SLOW = 5_000  # accounts with full-strength hashes: more than are made during the kills
RESCUED_AT = "SELECT max(rescued_at) FROM arrivals_worker"

PARTS: dict[str, Callable[[Pids], int | None]] = {
    "Redis": lambda pids: pids.redis,
    "the worker": lambda pids: pids.worker,
    "beat": lambda pids: pids.beat,
    "the web process": lambda pids: pids.web,
}

pytestmark = pytest.mark.timeout(6 * DEADLINE)


class Sign:
    """A value that changes while a part of the service works. `longest_seconds`: the longest time without a change."""

    def __init__(self, read: Callable[[], object]) -> None:
        self.changed_at = time.monotonic()
        self.longest_seconds = 0.0
        self._read = read

    async def watch(self) -> None:
        """Reads the value again and again until it is cancelled."""
        before = await asyncio.to_thread(self._read)
        while True:
            value, now = await asyncio.to_thread(self._read), time.monotonic()
            self.longest_seconds = max(self.longest_seconds, now - self.changed_at)
            if value != before:
                before, self.changed_at = value, now
            await asyncio.sleep(0.1)


class Pages:
    """Counts the pages that were served."""

    def __init__(self, visitor: Visitor) -> None:
        self.served = 0
        self._visitor = visitor

    def read(self) -> int:
        with suppress(OSError, HTTPException):
            self.served += self._visitor.page("/users/")[0] == 200
        return self.served


async def kill_repeatedly(service: Service, pick: Callable[[Pids], int | None]) -> None:
    until = time.monotonic() + KILLING_SECONDS
    while (now := time.monotonic()) < until:
        if pid := pick(await asyncio.to_thread(service.pids)):
            os.kill(pid, signal.SIGKILL)
        await wait_until_async(lambda due=now + SECONDS_BETWEEN_KILLS: time.monotonic() > due)  # type: ignore[misc]


async def survive(run: Run, visitor: Visitor, strikes: Strikes, part: str) -> None:
    """Kills the part repeatedly during a job, waits until everything works again, and notes the longest times."""
    await run.cancel_one()
    job = await run.ask(SLOW, hashing="full")
    await wait_until_async(lambda: run.truth.jobs()[job].created, DEADLINE)
    signs = {
        "an account": Sign(lambda: run.truth.jobs()[job].created),
        "a page": Sign(Pages(visitor).read),
        "a schedule": Sign(lambda: run.truth.rows(RESCUED_AT)),
    }
    watching = [asyncio.create_task(sign.watch()) for sign in signs.values()]
    try:
        await kill_repeatedly(run.service, PARTS[part])
        killed_at = time.monotonic()
        await wait_until_async(lambda: all(sign.changed_at > killed_at for sign in signs.values()), DEADLINE)
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
    run.cancelled[job] = (await run.post(f"/api/jobs/{job}/cancel"))["created"]
    times = ", ".join(f"{sign.longest_seconds:.1f} s without {name}" for name, sign in signs.items())
    strikes.note(f"{part} was killed every {SECONDS_BETWEEN_KILLS} s for {KILLING_SECONDS} s: at most {times}")


@pytest.mark.fault(*(f"{part} is killed every 3 s" for part in PARTS))
async def test_parts_that_are_killed_every_3_seconds_come_back_and_lose_nothing(strikes: Strikes) -> None:
    with Service(may_complain=True) as service:
        visitor = await asyncio.to_thread(Visitor, service)
        async with Run(service, strikes, raises=CHILD_LOST | REDIS_LOST) as run:
            for part in PARTS:
                await run.strike(partial(survive, run, visitor, strikes, part), name=f"{part} is killed every 3 s")
