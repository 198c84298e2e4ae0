"""A pool child that stands still until the rescue has given its lane to another, and then goes on."""

import asyncio
from contextlib import suppress
from pathlib import Path

from tests.chaos.run import DEADLINE, Run
from tests.chaos.strikes import go_on, stop
from tests.support.waiting import wait_until, wait_until_async

SLOW = 30  # accounts at full strength: some seconds of work for each of two lanes
LANES = "SELECT number, made, rescues FROM arrivals_lane WHERE job_id = {} ORDER BY number"


async def outlive(run: Run, pid: int) -> None:
    """Returns when the child goes on, after another has worked on the lane that was rescued from it."""
    await run.until_idle()
    job = await run.ask(SLOW, hashing="full")
    run.finishing.append(job)
    await wait_until_async(lambda: any(made for made, _ in lanes(run, job).values()), DEADLINE)
    await asyncio.to_thread(wait_until, lambda: stops_without_lock(pid), DEADLINE)
    try:
        found = await wait_until_async(lambda: rescued(run, job), DEADLINE)
        assert found
        lane, made = found
        await wait_until_async(lambda: lanes(run, job).get(lane, (SLOW, 0))[0] > made, DEADLINE)
    finally:
        go_on(pid)


def lanes(run: Run, job: int) -> dict[int, tuple[int, int]]:
    """How much each lane has made, and how often it was rescued since; without those that are done."""
    return {lane: (made, rescues) for lane, made, rescues in run.truth.rows(LANES.format(job))}


def rescued(run: Run, job: int) -> tuple[int, int] | None:
    return next(((lane, made) for lane, (made, rescues) in lanes(run, job).items() if rescues), None)


def stops_without_lock(pid: int) -> bool:
    """One that held SQLite's write lock or the turn would not be a zombie: all would wait for it."""
    with suppress(ProcessLookupError, FileNotFoundError):
        stop(pid)
        locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
        if not any(fields[3] == "WRITE" and fields[4] == str(pid) for fields in locks):
            return True
        go_on(pid)
    return False
