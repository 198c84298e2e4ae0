"""The promise while pool children are killed during a step, and for clients that connect while a step is open."""

import asyncio
import os
import signal
import sys
from functools import partial

import pytest

from tests.chaos.checks.snapshots import Snapshots
from tests.chaos.checks.tracebacks import CHILD_LOST
from tests.chaos.faults.hits import Strikes
from tests.chaos.faults.run import DEADLINE, Run
from tests.chaos.faults.strikes import IsOpen, database_url_of, kill_in_open_step, step_is_open
from tests.chaos.form import either
from tests.support.services.service import Service

STRIKES = either(short=2, long=10)
MAKING = "a pool child is killed while its transaction is open, making accounts"
REMOVING = "a pool child is killed while its transaction is open, removing accounts"
WORKER = "the whole worker is killed during a job"
CONNECTING = "a page is read and its socket connects while a transaction is open"

pytestmark = [
    pytest.mark.timeout(6 * DEADLINE),
    pytest.mark.skipif(sys.platform != "linux", reason="Needs /proc/locks to find open steps; run it on Linux"),
]


async def kill_while_removing(run: Run, is_open: IsOpen) -> bool:
    """Kills during an undo, with no other job at work, so that the undo is hit. Misses if the undo ends first."""
    run.finishing.append(await run.ask(run.total))
    await run.until_idle()
    await run.undo(run.finishing[-1])

    def kill() -> bool:
        while run.truth.jobs_at_work():
            if kill_in_open_step(run.service, is_open):
                return True
        return False

    return await asyncio.to_thread(kill)


def kill_worker(service: Service) -> None:
    worker = service.pids().worker
    assert worker
    os.kill(worker, signal.SIGKILL)


@pytest.mark.fault(MAKING, REMOVING, WORKER, CONNECTING)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_killed_workers_lose_and_repeat_no_account(database: str, strikes: Strikes) -> None:
    with (
        database_url_of(database) as url,
        Service(
            environment={"DATABASE_URL": url} if url else {}, options=["--workers", "1"], may_complain=True
        ) as service,
    ):
        is_open = step_is_open(service, url)
        async with Run(service, strikes, database_url=url, raises=CHILD_LOST) as run:
            snapshots = Snapshots(run, is_open)
            await run.strike(snapshots.take, times=either(short=5, long=40), name=CONNECTING)
            await snapshots.check()
            await run.strike(partial(kill_in_open_step, service, is_open), times=STRIKES, name=MAKING)
            await run.strike(partial(kill_while_removing, run, is_open), times=STRIKES, name=REMOVING)
            await run.strike(partial(kill_worker, service), name=WORKER)
