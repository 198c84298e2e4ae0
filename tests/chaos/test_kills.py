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

from tests import postgres
from tests.browser import Browser
from tests.chaos.strikes import (
    IsOpen,
    kill_in_open_step,
    made_so_far,
    postgres_step_is_open,
    sqlite_step_is_open,
)
from tests.service import Service
from tests.waiting import wait_until_async
from tests.watcher import Watcher

TOTAL = int(os.environ.get("ARRIVALS_CHAOS_TOTAL", "20000"))
STRIKES = int(os.environ.get("ARRIVALS_CHAOS_STRIKES", "5"))
PAUSE = TOTAL // (STRIKES + 3)
DEADLINE = 600

pytestmark = [
    pytest.mark.timeout(DEADLINE + 60),
    pytest.mark.skipif(sys.platform != "linux", reason="/proc/locks tells who has a step open; run it on Linux"),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    if request.param == "sqlite":
        yield None
        return
    with postgres.running() as url:
        yield url


def cookie_of(service: Service) -> str:
    browser = Browser()
    browser.get(service.manage("link").stdout.strip())
    return browser.cookie_header


def is_finished(watcher: Watcher) -> bool:
    return watcher.kinds["job.finished"] > 0


async def strike_until(service: Service, is_open: IsOpen, database_url: str | None) -> int:
    """Kill children with an open step, each after some more accounts; then the whole worker, once."""
    strikes = 0
    made = 0
    while strikes < STRIKES:
        made = await more_than(made + PAUSE // 2, service, database_url)
        await wait_until_async(lambda: asyncio.to_thread(kill_in_open_step, service, is_open), 120)
        strikes += 1
    await more_than(made, service, database_url)
    worker = service.pids().worker
    assert worker
    os.kill(worker, signal.SIGKILL)
    return strikes


async def more_than(count: int, service: Service, database_url: str | None) -> int:
    """Wait until more accounts are committed, and say how many."""

    async def made() -> int:
        number = await asyncio.to_thread(made_so_far, service, database_url)
        return number if number > count else 0

    return await wait_until_async(made, 120)


async def test_every_watcher_sees_each_account_once_and_in_order(database_url: str | None) -> None:
    environment = {"DATABASE_URL": database_url} if database_url else {}
    with Service(environment=environment, options=["--workers", "1"], may_complain=True) as service:
        is_open = postgres_step_is_open(database_url) if database_url else sqlite_step_is_open(service.var_dir)
        cookie = cookie_of(service)
        steady, cut, late = (Watcher(service.address, cookie, after=0) for _ in range(3))
        began = time.monotonic()
        service.manage("generate", str(TOTAL))
        async with asyncio.timeout(DEADLINE):
            following = [
                asyncio.create_task(steady.follow(is_finished)),
                asyncio.create_task(cut.follow(is_finished, cut_every=0.5)),
            ]
            strikes = await strike_until(service, is_open, database_url)
            await following[0]
            made = time.monotonic() - began
            await asyncio.gather(*following, late.follow(is_finished))
        print(f"\n{TOTAL} accounts in {made:.1f} s through {strikes} kills in an open step and one of the worker; ")
        print(f"the watcher that was cut connected {cut.connections} times")
        assert strikes >= STRIKES
        for watcher in (steady, cut, late):
            assert watcher.numbers == list(range(1, TOTAL + 1))
            assert watcher.offsets == sorted(set(watcher.offsets))
            assert not watcher.resets
        assert service.manage("verify", "1").stdout.startswith(f"Job 1: {TOTAL} of {TOTAL} accounts, finished")
