"""Pauses a pool child until its lane was rescued and continued by another child, then resumes it."""

import asyncio
from contextlib import suppress
from pathlib import Path

from tests.chaos.faults.run import DEADLINE, Run
from tests.chaos.faults.strikes import go_on, stop
from tests.support.waiting import wait_until, wait_until_async

SLOW = 30  # accounts at full strength: some seconds of work for each of two lanes
LANES = "SELECT number, made, rescues FROM arrivals_lane WHERE job_id = {} ORDER BY number"


async def pause_until_rescued(run: Run, pid: int) -> bool:
    """Pauses the child until another child has worked on its rescued lane. Returns False if the child had no lane."""
    await run.until_idle()
    job = await run.ask(SLOW, hashing="full")
    run.finishing.append(job)
    await wait_until_async(lambda: any(made for made, _ in lanes(run, job).values()), DEADLINE)
    await asyncio.to_thread(wait_until, lambda: stops_without_lock(pid), DEADLINE)
    try:
        await wait_until_async(lambda: rescued(run, job) or not lanes(run, job), DEADLINE)
        found = rescued(run, job)
        if found is None:
            return False
        lane, made = found
        await wait_until_async(lambda: lanes(run, job).get(lane, (SLOW, 0))[0] > made, DEADLINE)
    finally:
        go_on(pid)
    return True


def lanes(run: Run, job: int) -> dict[int, tuple[int, int]]:
    """Returns, for each lane with work left, how many accounts it has made and how often it was rescued since."""
    return {lane: (made, rescues) for lane, made, rescues in run.truth.rows(LANES.format(job))}


def rescued(run: Run, job: int) -> tuple[int, int] | None:
    return next(((lane, made) for lane, (made, rescues) in lanes(run, job).items() if rescues), None)


def stops_without_lock(pid: int) -> bool:
    """Stops the child unless it holds SQLite's write lock, because then all other lanes would wait for it."""
    with suppress(ProcessLookupError, FileNotFoundError):
        stop(pid)
        locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
        if not any(fields[3] == "WRITE" and fields[4] == str(pid) for fields in locks):
            return True
        go_on(pid)
    return False
