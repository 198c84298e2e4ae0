"""A cancel at a random moment: final at its commit, with one event after the events of all accounts of its job."""

import asyncio
from random import Random

import pytest

from tests.chaos.faults.hits import Strikes
from tests.chaos.faults.strikes import database_url_of
from tests.chaos.form import either
from tests.support.clients.watcher import Watcher
from tests.support.services.program import Program
from tests.support.services.service import Service
from tests.support.waiting import wait_until_async

CANCELS = either(short=3, long=50)
TOTAL = 1_000_000  # no job reaches it
LATEST = 5_000
DEADLINE = 240 + 60 * CANCELS

pytestmark = [pytest.mark.timeout(DEADLINE + 120)]


async def cancel_at_a_random_moment(program: Program, watcher: Watcher, random: Random) -> tuple[int, int]:
    """Returns the job, and the number of accounts in the response to the cancel."""
    threshold = random.choice([0, random.randrange(1, 100), random.randrange(100, LATEST)])
    threshold += watcher.kinds["user.created"]
    asked = await asyncio.to_thread(program.post, "/api/jobs", {"total": TOTAL})
    job = asked.json["id"]
    await wait_until_async(lambda: watcher.kinds["user.created"] >= threshold)
    answer = await asyncio.to_thread(program.post, f"/api/jobs/{job}/cancel", {})
    assert answer.json["state"] == "cancelled", answer.text
    await wait_until_async(lambda: ends_of(watcher, job))
    return job, answer.json["created"]


def numbers_of(watcher: Watcher, job: int) -> list[int]:
    return [event["number"] for event in watcher.events if event["type"] == "user.created" and event["job"] == job]


def ends_of(watcher: Watcher, job: int) -> list[str]:
    """Returns the types of the job's events from its cancel on. No account may be among them."""
    types = [event["type"] for event in watcher.events if event["job"] == job]
    return types[types.index("job.cancelled") :] if "job.cancelled" in types else []


@pytest.mark.fault("a job is cancelled at a random moment")
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_a_cancelled_job_makes_no_more_accounts(database: str, strikes: Strikes, random: Random) -> None:
    with database_url_of(database) as url, Service(environment={"DATABASE_URL": url} if url else {}) as service:
        program = await asyncio.to_thread(Program, service)
        watcher = Watcher(service.address, after=0, token=program.token)
        async with asyncio.timeout(DEADLINE):
            following = asyncio.create_task(watcher.follow(lambda seen: seen.kinds["job.finished"] > 0))
            jobs = [await cancel_at_a_random_moment(program, watcher, random) for _ in range(CANCELS)]
            # Anything that a lane of a cancelled job still did has its event before the end of a later job.
            await asyncio.to_thread(program.post, "/api/jobs", {"total": 50})
            await following
        for job, created in jobs:
            strikes.hit()
            assert numbers_of(watcher, job) == list(range(1, created + 1))
            assert ends_of(watcher, job) == ["job.cancelled"]
            assert program.get(f"/api/jobs/{job}").json["created"] == created
            assert f"Job {job}: {created} of {TOTAL} accounts, cancelled" in service.manage("verify", str(job)).stdout
        numbers = [created for _, created in jobs]
        strikes.note(f"{CANCELS} cancels on {database}, at {min(numbers)} to {max(numbers)} accounts")
