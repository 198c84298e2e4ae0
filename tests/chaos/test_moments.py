"""A process is killed at exactly the moment at which it would do the most harm."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import pytest

from tests.chaos.checks.tracebacks import CHILD_LOST
from tests.chaos.faults import dying
from tests.chaos.faults.hits import Strikes
from tests.chaos.faults.run import DEADLINE, Run
from tests.chaos.form import either
from tests.support.services.service import Service
from tests.support.waiting import wait_until, wait_until_async

TIMES = either(short=1, long=5)
BEFORE_HINT = "a pool child is killed after a commit and before its hint"
BEFORE_ACKNOWLEDGEMENT = "a pool child is killed after its last commit and before the acknowledgement"
BEFORE_REQUEUE = "a pool child is killed between the requeue and the next message"
BEFORE_DISPATCH = "the web process is killed between a job's commit and its dispatch"
AT_EVERY_START = "a lane is killed at every start"
MOMENT_SECONDS = 2
REASON = "Its worker was started 5 times in a row without making a step; the worker's log says why."

pytestmark = pytest.mark.timeout(6 * DEADLINE)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    environment = {"DJANGO_SETTINGS_MODULE": "tests.chaos.faults.settings_dying"}
    with Service(environment=environment, options=["--workers", "1"], may_complain=True) as service:
        yield service


def die(run: Run, point: str) -> bool:
    """Requests a kill at that point and waits for it. Returns False if all work ended without it."""
    file = dying.trigger_file(run.service.var_dir, point)
    file.touch()
    wait_until(lambda: not file.exists() or not run.truth.jobs_at_work(), DEADLINE)
    with suppress(AssertionError):
        wait_until(lambda: not file.exists(), MOMENT_SECONDS)
    try:
        file.unlink()
    except FileNotFoundError:
        return True
    return False


@pytest.mark.fault(BEFORE_HINT, BEFORE_ACKNOWLEDGEMENT, BEFORE_DISPATCH, BEFORE_REQUEUE)
async def test_a_process_killed_between_two_actions_loses_no_work(service: Service, strikes: Strikes) -> None:
    async def ask_during_a_kill() -> None:
        """The client gets no answer and repeats its request: it gets the same job, and the rescue sends its message."""
        file = dying.trigger_file(service.var_dir, dying.BEFORE_DISPATCH)
        file.touch()
        run.finishing.append(await run.ask(500))
        assert not file.exists()

    async def die_at_requeue() -> bool:
        """Uses a job that is slow enough to be requeued on any machine."""
        run.finishing.append(await run.ask(15, hashing="full"))
        return await asyncio.to_thread(die, run, dying.BEFORE_REQUEUE)

    async with Run(service, strikes, raises=CHILD_LOST) as run:
        await run.strike(partial(die, run, dying.BEFORE_HINT), times=TIMES, name=BEFORE_HINT)
        await run.strike(partial(die, run, dying.BEFORE_ACKNOWLEDGEMENT), times=TIMES, name=BEFORE_ACKNOWLEDGEMENT)
        await run.strike(die_at_requeue, times=TIMES, name=BEFORE_REQUEUE)
        await run.strike(ask_during_a_kill, times=TIMES, name=BEFORE_DISPATCH)


@pytest.mark.fault(AT_EVERY_START)
async def test_a_lane_killed_at_every_start_fails_only_its_own_job(service: Service, strikes: Strikes) -> None:
    file = dying.trigger_file(service.var_dir, dying.AT_FIRST_INSERT)

    async def fail() -> None:
        await run.cancel_one()
        job = max(run.truth.jobs()) + 1
        file.write_text(str(job))
        assert await run.ask(500) == job
        other = await run.ask(500)
        run.finishing.append(other)
        await wait_until_async(lambda: run.truth.jobs()[other].state == "finished", DEADLINE)
        await wait_until_async(lambda: run.truth.jobs()[job].state == "failed", DEADLINE, pause=0.5)
        shown = run.program.get(f"/api/jobs/{job}").json
        assert (shown["created"], shown["error"]) == (0, REASON)
        file.unlink()
        await run.post(f"/api/jobs/{job}/retry")
        run.finishing.append(job)

    async with Run(service, strikes, raises=CHILD_LOST) as run:
        await run.strike(fail)
