"""The promise while pool children and the whole worker are killed in mid-step, on SQLite and on PostgreSQL.

ARRIVALS_CHAOS_TOTAL and ARRIVALS_CHAOS_STRIKES make it long: 200000 and 20 gave the figures in docs/performance.md.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator

import pytest

from tests.browser import Browser
from tests.chaos.strikes import (
    database_url_of,
    kill_in_open_step,
    postgres_step_is_open,
    sqlite_step_is_open,
    work_so_far,
)
from tests.service import Service
from tests.waiting import wait_until_async
from tests.watcher import Watcher

TOTAL = int(os.environ.get("ARRIVALS_CHAOS_TOTAL", "30000"))
STRIKES = int(os.environ.get("ARRIVALS_CHAOS_STRIKES", "4"))
PAUSE = TOTAL // (STRIKES + 3)
DEADLINE = 600

pytestmark = [
    pytest.mark.timeout(DEADLINE + 60),
    pytest.mark.skipif(sys.platform != "linux", reason="/proc/locks tells who has a step open; run it on Linux"),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    with database_url_of(request.param) as url:
        yield url


def cookie_of(service: Service) -> str:
    browser = Browser()
    browser.get(service.manage("link").stdout.strip())
    return browser.cookie_header


async def strike(service: Service, database_url: str | None, done: int) -> int:
    """Kill children with an open step, each after some more accounts; then the whole worker, once."""
    is_open = postgres_step_is_open(database_url) if database_url else sqlite_step_is_open(service.var_dir)
    strikes = 0
    while strikes < STRIKES:
        done = await more_than(done + PAUSE // 2, service, database_url)
        await wait_until_async(lambda: asyncio.to_thread(kill_in_open_step, service, is_open), 120)
        strikes += 1
    await more_than(done, service, database_url)
    worker = service.pids().worker
    assert worker
    os.kill(worker, signal.SIGKILL)
    return strikes


async def more_than(count: int, service: Service, database_url: str | None) -> int:
    """Wait until more accounts are committed, and say how many."""

    async def made() -> int:
        number = await asyncio.to_thread(work_so_far, service, database_url)
        return number if number > count else 0

    return await wait_until_async(made, 120)


async def test_every_watcher_sees_each_account_once_and_in_order(database_url: str | None) -> None:
    """While they are made, and then while they are removed."""
    environment = {"DATABASE_URL": database_url} if database_url else {}
    with Service(environment=environment, options=["--workers", "1"], may_complain=True) as service:
        cookie = cookie_of(service)
        steady, cut, late = (Watcher(service.address, cookie, after=0) for _ in range(3))
        await through_kills(service, database_url, steady, cut, command=["generate", str(TOTAL)], until="job.finished")
        assert service.manage("verify", "1").stdout.startswith(f"Job 1: {TOTAL} of {TOTAL} accounts, finished")
        await through_kills(service, database_url, steady, cut, command=["remove", "1", "--yes"], until="job.removed")
        await late.follow(lambda seen: seen.kinds["job.removed"] > 0)
        for watcher in (steady, cut, late):
            assert watcher.numbers == list(range(1, TOTAL + 1))
            assert sorted(removed_by(watcher)) == sorted(made_by(watcher))
            assert watcher.offsets == sorted(set(watcher.offsets))
            assert not watcher.resets
        assert service.manage("verify", "1").stdout.startswith(f"Job 1: {TOTAL} of {TOTAL} accounts, removed")


async def through_kills(
    service: Service, database_url: str | None, steady: Watcher, cut: Watcher, *, command: list[str], until: str
) -> None:
    """Give the command, and kill until both watchers have seen its end."""

    def is_over(watcher: Watcher) -> bool:
        return watcher.kinds[until] > 0

    done = await asyncio.to_thread(work_so_far, service, database_url)
    began = time.monotonic()
    await asyncio.to_thread(service.manage, *command)
    async with asyncio.timeout(DEADLINE):
        following = [
            asyncio.create_task(steady.follow(is_over)),
            asyncio.create_task(cut.follow(is_over, cut_every=0.5)),
        ]
        strikes = await strike(service, database_url, done)
        await asyncio.gather(*following)
    seconds = time.monotonic() - began
    print(f"\n{command[0]}: {TOTAL} accounts in {seconds:.1f} s through {strikes} kills in an open step and one of the")
    print(f"worker; the watcher that was cut has connected {cut.connections} times")
    assert strikes >= STRIKES


def made_by(watcher: Watcher) -> list[int]:
    return [event["user"]["id"] for event in watcher.events if event["type"] == "user.created" and event["job"]]


def removed_by(watcher: Watcher) -> list[int]:
    return [event["user"]["id"] for event in watcher.events if event["type"] == "user.removed"]
