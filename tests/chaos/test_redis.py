"""Redis or Valkey fails in each way that it can, one after another under the same jobs: it delays, and loses nothing.

While it is away or frozen, pages and API take jobs: what they answer they answer without it, or after the bounds of its
timeouts. A frozen one never answers, so that a page that waited for it would fail here.
"""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.chaos.form import either
from tests.chaos.hits import Strikes
from tests.chaos.redis_faults import RedisFaults
from tests.chaos.run import DEADLINE, SMALL, Run
from tests.chaos.visitor import Visitor
from tests.service import Service
from tests.waiting import wait_until

TIMES = either(short=1, long=4)
AWAY_SECONDS = either(short=3, long=20)
SLOW_SECONDS = either(short=2, long=20)
QUEUE_AWAY = re.compile(r"The queue cannot be reached just now. Job (\d+) is kept")

pytestmark = pytest.mark.timeout(6 * DEADLINE)


def jobs_are_taken(run: Run, visitor: Visitor, fault: AbstractContextManager[None]) -> None:
    """By the page, which says that the job waits, and by the API; neither job is lost, and neither runs meanwhile."""
    with fault:
        until = time.monotonic() + AWAY_SECONDS
        status, text = visitor.generate(SMALL)
        assert status == 200
        kept = QUEUE_AWAY.search(text)
        assert kept, text
        asked = run.program.post("/api/jobs", {"total": SMALL})
        assert asked.status == 202, asked.text
        assert visitor.page("/users/")[0] == visitor.page(f"/jobs/{kept[1]}/")[0] == 200
        print(f"{time.monotonic() - until + AWAY_SECONDS:.1f} s for two jobs and three pages")
        wait_until(lambda: time.monotonic() > until, AWAY_SECONDS)
        waiting = [int(kept[1]), asked.json["id"]]
        assert [run.program.get(f"/api/jobs/{job}").json["state"] for job in waiting] == ["queued", "queued"]
    run.finishing += waiting


@pytest.mark.fault(
    "Redis is killed and comes back empty",
    "Redis is away for a while",
    "Redis is frozen",
    "Redis is full",
    "Redis is slow",
    "Redis forgets everything (FLUSHALL)",
    "every connection to Redis is cut",
)
async def test_a_redis_that_fails_delays_and_loses_nothing(strikes: Strikes) -> None:
    with Service(may_complain=True) as service:
        redis = RedisFaults(service)
        visitor = await asyncio.to_thread(Visitor, service)
        async with Run(service, strikes) as run:

            def unreachable(fault: Callable[[], AbstractContextManager[None]]) -> Callable[[], None]:
                return lambda: jobs_are_taken(run, visitor, fault())

            await run.strike(redis.kill_and_empty, times=TIMES, name="Redis is killed and comes back empty")
            await run.strike(unreachable(redis.away), times=TIMES, name="Redis is away for a while")
            await run.strike(unreachable(redis.frozen), times=TIMES, name="Redis is frozen")
            await run.strike(unreachable(redis.full), times=TIMES, name="Redis is full")
            await run.strike(lambda: redis.slow(SLOW_SECONDS), times=TIMES, name="Redis is slow")
            await run.strike(redis.flush, times=TIMES, name="Redis forgets everything (FLUSHALL)")
            await run.strike(lambda: redis.cut_all() > 0, times=TIMES, name="every connection to Redis is cut")
        assert run.steady.connections == 1, "the socket stayed open through it all"
        print(f"{len(service.stderr.splitlines())} lines in the log")
