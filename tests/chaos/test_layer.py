"""The channel layer is used, and is only a hint: shown on the shipped service by taking away either half."""

import asyncio
import time

import pytest

from tests.browser import Browser
from tests.service import Service
from tests.watcher import Watcher

TOTAL = 2000
DEADLINE = 120

pytestmark = pytest.mark.timeout(DEADLINE + 60)

WITHOUT_HEAD_CHECK = {"HEAD_CHECK_SECONDS": "3600"}
WITHOUT_LAYER = {"DJANGO_SETTINGS_MODULE": "tests.settings_lossy"}


@pytest.mark.parametrize("environment", [WITHOUT_HEAD_CHECK, WITHOUT_LAYER], ids=["no head check", "no layer"])
async def test_all_events_come(environment: dict[str, str]) -> None:
    with Service(environment=environment) as service:
        browser = Browser()
        browser.get(service.link)
        watcher = Watcher(service.address, browser.cookie_header)
        following = asyncio.create_task(watcher.follow(lambda seen: seen.kinds["job.finished"] > 0))
        await watcher.is_live.wait()
        await asyncio.to_thread(service.manage, "generate", str(TOTAL))
        async with asyncio.timeout(DEADLINE):
            await following
        arrived_at = time.time()
        finished_at = float(service.manage("shell", "-c", FINISHED_AT).stdout.rpartition("FINISHED ")[2])
        print(f"\nthe last event came {arrived_at - finished_at:.3f} s after its step began, {environment}")
        assert watcher.numbers == list(range(1, TOTAL + 1))
        assert watcher.connections == 1


FINISHED_AT = "from task.models import Job; print('FINISHED', Job.objects.get().finished_at.timestamp())"
