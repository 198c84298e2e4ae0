"""Redis killed and restarted empty, and frozen for a while, in mid-job: the same result, and nothing hangs."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Awaitable, Callable

import pytest

from tests.browser import Browser
from tests.service import Service
from tests.waiting import wait_until_async
from tests.watcher import Watcher

TOTAL = 30_000
FROZEN_SECONDS = 10
DEADLINE = 240

pytestmark = pytest.mark.timeout(DEADLINE + 60)


def signed_in(service: Service) -> Browser:
    browser = Browser()
    browser.get(service.manage("link").stdout.strip())
    return browser


async def run_through(fault: Callable[[Service, Browser], Awaitable[None]]) -> None:
    """A job with a steady and a later watcher; the fault strikes once a fifth of the accounts is there."""
    with Service(may_complain=True) as service:
        browser = signed_in(service)
        steady, late = (Watcher(service.address, browser.cookie_header, after=0) for _ in range(2))
        service.manage("generate", str(TOTAL))
        async with asyncio.timeout(DEADLINE):
            following = asyncio.create_task(steady.follow(lambda seen: seen.kinds["job.finished"] > 0))
            await wait_until_async(lambda: steady.kinds["user.created"] >= TOTAL // 5, DEADLINE)
            assert not steady.kinds["job.finished"]
            await fault(service, browser)
            await asyncio.gather(following, late.follow(lambda seen: seen.kinds["job.finished"] > 0))
        for watcher in (steady, late):
            assert watcher.numbers == list(range(1, TOTAL + 1))
            assert not watcher.resets
        assert steady.connections == 1, "the socket stayed open through it all"
        assert "each once, in order" in service.manage("verify", "1").stdout
        await the_worker_is_back(service, steady)


async def the_worker_is_back(service: Service, watcher: Watcher) -> None:
    """Another job runs to its end, and the socket that was there before hears of it: it is not deaf."""
    service.manage("generate", "50")
    finished = watcher.kinds["job.finished"]
    async with asyncio.timeout(DEADLINE):
        await watcher.follow(lambda seen: seen.kinds["job.finished"] > finished)


async def kill_and_empty(service: Service, browser: Browser) -> None:
    """SIGKILL, and the data gone, before `live` starts it again."""
    redis = service.pids().redis
    assert redis
    os.kill(redis, signal.SIGKILL)
    shutil.rmtree(service.var_dir / "redis" / "appendonlydir")


async def freeze(service: Service, browser: Browser) -> None:
    """SIGSTOP for ten seconds, while pages must still answer: they need no Redis, or wait for it a bounded time."""
    redis = service.pids().redis
    assert redis
    os.kill(redis, signal.SIGSTOP)
    try:
        frozen_at = time.monotonic()
        while time.monotonic() - frozen_at < FROZEN_SECONDS:
            assert (await asyncio.to_thread(browser.get, f"{service.address}/users/")).status == 200
            await asyncio.sleep(0.2)
    finally:
        os.kill(redis, signal.SIGCONT)


@pytest.mark.parametrize("fault", [kill_and_empty, freeze], ids=lambda fault: fault.__name__)
async def test_a_redis_that_fails_delays_and_loses_nothing(
    fault: Callable[[Service, Browser], Awaitable[None]],
) -> None:
    await run_through(fault)
