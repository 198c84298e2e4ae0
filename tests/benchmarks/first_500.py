"""500 accounts, from the POST of the form to the last event at a WebSocket client, compared to the tutorial's loop."""

import asyncio
import re
import statistics
import time
from urllib.parse import urlencode
from urllib.request import Request

from tests.benchmarks.frame import Figure, figure, service
from tests.benchmarks.plain import PlainWatcher
from tests.support.clients.browser import Browser
from tests.support.services.service import Service

ROUNDS = 9
LOOP_USERS = 25
LOOP = f"""
import time
from django.contrib.auth import get_user_model
from django.utils.crypto import get_random_string
began = time.perf_counter()
for _ in range({LOOP_USERS}):
    name = 'user_' + get_random_string(10)
    get_user_model().objects.create_user(username=name, email=name + '@example.com', password=get_random_string(50))
print('SECONDS', time.perf_counter() - began)
"""


def filled_form(running: Service, browser: Browser, *, total: int = 500) -> Request:
    page = browser.get(f"{running.address}/generate/").read().decode()
    fields = {"total": str(total)}
    for name in ("csrfmiddlewaretoken", "request_id"):
        found = re.search(rf'name="{name}" value="([^"]+)"', page)
        assert found, f"the form has no {name}"
        fields[name] = found[1]
    return Request(f"{running.address}/generate/", data=urlencode(fields).encode(), headers={"Origin": running.address})


async def one_round(running: Service, browser: Browser) -> float:
    watcher = PlainWatcher(running.address, browser.cookie_header)
    following = asyncio.create_task(watcher.follow(lambda seen: seen.kinds["job.finished"] > 0))
    await watcher.is_live.wait()
    form = await asyncio.to_thread(filled_form, running, browser)
    began = time.perf_counter()
    posting = asyncio.create_task(asyncio.to_thread(browser.send, form))
    await following
    seconds = time.perf_counter() - began
    assert (await posting).status == 200
    assert watcher.kinds["user.created"] == 500
    return seconds


def tutorials_loop(running: Service) -> float:
    output = running.manage("shell", "-c", LOOP).stdout
    return float(output.partition("SECONDS")[2]) / LOOP_USERS


def measure() -> list[Figure]:
    with service() as running:
        browser = Browser()
        browser.use_link(running.link)
        seconds = [asyncio.run(one_round(running, browser)) for _ in range(ROUNDS)]
        loop = tutorials_loop(running) * 500
    return [
        figure("500 accounts, POST to the last event", [one * 1000 for one in seconds], "ms", aim="<= 50"),
        Figure(
            what=f"500 users by the tutorial's loop (timed on {LOOP_USERS})",
            value=loop,
            unit="s",
            ratio=loop / statistics.median(seconds),
            compared_to="loop to job",
            aim=">= 2,000",
        ),
    ]
