"""The channel layer delivers every event, but is only a hint: the shipped service works without either half.

One test switches off the head checks of the log, the other spoils every hint.
"""

import asyncio
import time
from collections import Counter
from functools import partial

import pytest

from tests.chaos.faults.hits import Strikes
from tests.chaos.faults.run import DEADLINE, Run
from tests.chaos.form import either
from tests.support.clients.browser import Browser
from tests.support.clients.watcher import Watcher
from tests.support.layers import HELD, HITS
from tests.support.services.service import Service
from tests.support.waiting import wait_until_async

TOTAL = 2000
FAULTS = {
    "LosingLayer": "every hint is lost",
    "RepeatingLayer": "every hint arrives twice",
    "ShufflingLayer": "hints arrive out of order",
    "LateLayer": "every hint arrives 5 s late",
}
IN_TURN = [pytest.param("TurnsLayer", [*FAULTS], id="in turn", marks=pytest.mark.fault(*FAULTS.values()))]
EACH = [pytest.param(kind, [kind], id=name, marks=pytest.mark.fault(name)) for kind, name in FAULTS.items()]

pytestmark = pytest.mark.timeout(6 * DEADLINE)


@pytest.mark.fault("the log is not checked")
async def test_all_events_arrive_by_the_layer_without_head_checks(strikes: Strikes) -> None:
    with Service(environment={"HEAD_CHECK_SECONDS": "3600"}) as service:
        browser = Browser()
        browser.use_link(service.link)
        watcher = Watcher(service.address, browser.cookie_header)
        following = asyncio.create_task(watcher.follow(lambda seen: seen.kinds["job.finished"] > 0))
        await watcher.is_live.wait()
        await asyncio.to_thread(service.manage, "generate", str(TOTAL))
        async with asyncio.timeout(DEADLINE):
            await following
        arrived_at = time.time()
        finished_at = float(service.manage("shell", "-c", FINISHED_AT).stdout.rpartition("FINISHED ")[2])
        strikes.hit()
        strikes.note(
            f"by the layer alone, the last event arrived {arrived_at - finished_at:.3f} s after its step began"
        )
        assert watcher.numbers == list(range(1, TOTAL + 1))
        assert watcher.connections == 1


FINISHED_AT = "from task.models import Job; print('FINISHED', Job.objects.get().finished_at.timestamp())"


@pytest.mark.parametrize(("layer", "kinds"), either(short=IN_TURN, long=EACH + IN_TURN))
async def test_a_layer_that_spoils_every_hint_only_delays_events(
    layer: str, kinds: list[str], strikes: Strikes
) -> None:
    """Late hints arrive before the last job is requested, so its accounts would reveal a repeat that they caused."""
    environment = {"DJANGO_SETTINGS_MODULE": "tests.support.settings_layer", "ARRIVALS_TESTS_LAYER": layer}
    with Service(environment=environment) as service:

        async def is_spoiled(kind: str) -> bool:
            if kind == "LateLayer" and spoiled(service)[HELD]:
                await wait_until_async(lambda: spoiled(service)[kind], DEADLINE)
            return spoiled(service)[kind] > 0

        def nothing_is_held() -> bool:
            return spoiled(service)[HELD] == spoiled(service)["LateLayer"]

        async with Run(service, strikes, is_all_delivered=nothing_is_held) as run:
            for kind in kinds:
                await run.strike(partial(is_spoiled, kind), name=FAULTS[kind])
        for kind in kinds:
            strikes.hit(FAULTS[kind], spoiled(service)[kind] - 1)
        assert run.steady.connections == 1


def spoiled(service: Service) -> Counter[str]:
    file = service.var_dir / HITS
    return Counter(file.read_text().split()) if file.exists() else Counter()
