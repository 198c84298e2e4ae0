"""Redis or Valkey fails in every way, one after another during the same jobs: it delays work, and loses nothing.

While it is down or frozen, pages and API accept jobs: they answer without it, or after its timeouts. A frozen Redis
never answers, so a page or a task that waited for it without a timeout would fail here.
"""

import asyncio
import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.chaos.checks.bound import Bound
from tests.chaos.checks.tracebacks import CHILD_LOST, REDIS_LOST
from tests.chaos.checks.visitor import Visitor
from tests.chaos.faults.hits import Strikes
from tests.chaos.faults.redis_faults import RedisFaults
from tests.chaos.faults.run import DEADLINE, SMALL, Run
from tests.chaos.form import either
from tests.support.services.service import Service
from tests.support.waiting import wait_until, wait_until_async

TIMES = either(short=1, long=3)
KILLED_WHILE_FROZEN = "the pool children are killed while Redis is frozen"
SLOW = 12  # accounts with full-strength hashes: some seconds of work for each pool child
FROZEN_SECONDS = 5  # longer than the worker waits for an answer
DOWN_SECONDS = either(short=3, long=20)
SLOW_SECONDS = either(short=2, long=20)
PROMISED_SECONDS = 3  # one for the hint, two for the queue
QUEUE_DOWN = re.compile(r"The queue is not available: [a-z ]+\. Job (\d+) is saved")
TOOK = re.compile(r"TOOK (\S+)")
LANE = """
import time
from task.jobs import slices
from task.models import Lane
lane = Lane.objects.get(job={})
began = time.monotonic()
slices.work(job_id=lane.job_id, task_id=lane.task_id)
print("TOOK", time.monotonic() - began)
"""

pytestmark = pytest.mark.timeout(6 * DEADLINE)


def check_that_jobs_are_accepted(run: Run, visitor: Visitor, fault: AbstractContextManager[None], bound: Bound) -> None:
    """Checks that page and API accept jobs during the fault, and that both jobs wait. The page must say so."""
    with fault:
        until = time.monotonic() + DOWN_SECONDS
        status, text = bound.ask(lambda: visitor.generate(SMALL))
        assert status == 200
        kept = QUEUE_DOWN.search(text)
        assert kept, text
        asked = bound.ask(lambda: run.program.post("/api/jobs", {"total": SMALL}))
        assert asked.status == 202, asked.text
        for path in ("/users/", f"/jobs/{kept[1]}/"):
            assert bound.ask(lambda path=path: visitor.page(path))[0] == 200  # type: ignore[misc]
        wait_until(lambda: time.monotonic() > until, DOWN_SECONDS)
        waiting = [int(kept[1]), asked.json["id"]]
        assert [run.program.get(f"/api/jobs/{job}").json["state"] for job in waiting] == ["queued", "queued"]
        run.finishing += waiting
        bound.check(seconds_of_a_lane(run.service, waiting[0]))


def seconds_of_a_lane(service: Service, job: int) -> float:
    """Runs the job's lane to its end, without a message, and returns the seconds. No hint or message can be sent."""
    found = TOOK.search(service.manage("shell", "-c", LANE.format(job)).stdout)
    assert found
    return float(found[1])


async def kill_children_while_frozen(run: Run, redis: RedisFaults, strikes: Strikes) -> bool:
    """Kills each child during a message. The worker cannot put the messages back, and must continue nevertheless."""
    slow = await run.ask(SLOW, hashing="full")  # as many lanes as pool children
    run.finishing.append(slow)
    await wait_until_async(lambda: run.truth.jobs()[slow].created, DEADLINE)
    with redis.frozen():
        killed = run.service.pids().pool
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        frozen_at = time.monotonic()
        await wait_until_async(lambda: time.monotonic() > frozen_at + FROZEN_SECONDS, DEADLINE)
    job = await run.ask(SMALL)
    run.finishing.append(job)
    asked_at = time.monotonic()
    await wait_until_async(lambda: run.truth.jobs()[job].state == "finished", DEADLINE)
    strikes.note(f"{time.monotonic() - asked_at:.1f} s after Redis was frozen and children were killed, a job was done")
    return bool(killed)


@pytest.mark.fault(
    "Redis is killed and restarts empty",
    "Redis is down for a while",
    "Redis is frozen",
    "Redis is full",
    "Redis is slow",
    "Redis loses all keys (FLUSHALL)",
    "every connection to Redis is cut",
    KILLED_WHILE_FROZEN,
)
async def test_failures_of_redis_delay_jobs_and_lose_nothing(strikes: Strikes) -> None:
    with Service(may_complain=True) as service:
        redis = RedisFaults(service)
        visitor, bound = await asyncio.to_thread(Visitor, service), Bound(PROMISED_SECONDS)
        async with Run(service, strikes, raises=CHILD_LOST | REDIS_LOST) as run:

            def unreachable(fault: Callable[[], AbstractContextManager[None]]) -> Callable[[], None]:
                return lambda: check_that_jobs_are_accepted(run, visitor, fault(), bound)

            await run.strike(redis.kill_and_empty, times=TIMES, name="Redis is killed and restarts empty")
            await run.strike(unreachable(redis.down), times=TIMES, name="Redis is down for a while")
            await run.strike(unreachable(redis.frozen), times=TIMES, name="Redis is frozen")
            await run.strike(unreachable(redis.full), times=TIMES, name="Redis is full")
            await run.strike(lambda: redis.slow(SLOW_SECONDS), times=TIMES, name="Redis is slow")
            await run.strike(redis.flush, times=TIMES, name="Redis loses all keys (FLUSHALL)")
            await run.strike(lambda: redis.cut_all() > 0, times=TIMES, name="every connection to Redis is cut")
            await run.strike(
                lambda: kill_children_while_frozen(run, redis, strikes), times=TIMES, name=KILLED_WHILE_FROZEN
            )
        assert run.steady.connections == 1, "the socket stayed open through all faults"
        strikes.note(f"without Redis a page, the API or a lane took {bound.longest_seconds:.1f} s at most")
        strikes.note(f"Redis failed, and there were {len(service.stderr.splitlines())} lines in the log")
