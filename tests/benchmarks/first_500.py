"""500 accounts, from the POST of the form to the last event at a WebSocket client, beside the tutorial's loop.

`python -m tests.benchmarks.first_500` starts the real service (in a folder and on a port of its own) and prints one
line. DATABASE_URL is honoured: `python -m tests.postgres python -m tests.benchmarks.first_500`.
"""

import asyncio
import os
import re
import statistics
import sys
import time
from urllib.parse import urlencode
from urllib.request import Request

from tests.browser import Browser
from tests.service import Service
from tests.watcher import Watcher

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


def filled_form(service: Service, browser: Browser) -> Request:
    page = browser.get(f"{service.address}/generate/").read().decode()
    fields = {"total": "500"}
    for name in ("csrfmiddlewaretoken", "request_id"):
        found = re.search(rf'name="{name}" value="([^"]+)"', page)
        assert found, f"the form has no {name}"
        fields[name] = found[1]
    return Request(f"{service.address}/generate/", data=urlencode(fields).encode(), headers={"Origin": service.address})


async def one_round(service: Service, browser: Browser) -> float:
    watcher = Watcher(service.address, browser.cookie_header)
    following = asyncio.create_task(watcher.follow(lambda seen: seen.kinds["job.finished"] > 0))
    await watcher.is_live.wait()
    form = await asyncio.to_thread(filled_form, service, browser)
    began = time.perf_counter()
    posting = asyncio.create_task(asyncio.to_thread(browser.send, form))
    await following
    seconds = time.perf_counter() - began
    assert (await posting).status == 200
    assert watcher.kinds["user.created"] == 500
    return seconds


def tutorials_loop(service: Service) -> float:
    said = service.manage("shell", "-c", LOOP).stdout
    return float(said.partition("SECONDS")[2]) / LOOP_USERS


def main() -> None:
    environment = {name: os.environ[name] for name in ("DATABASE_URL",) if name in os.environ}
    with Service(environment=environment) as service:
        browser = Browser()
        browser.get(service.link)
        seconds = [asyncio.run(one_round(service, browser)) for _ in range(ROUNDS)]
        loop = tutorials_loop(service)
    median = statistics.median(seconds)
    sys.stdout.write(
        f"{environment.get('DATABASE_URL', 'sqlite').partition(':')[0]}: 500 accounts from POST to the last event: "
        f"median {median * 1000:.0f} ms (least {min(seconds) * 1000:.0f}, most {max(seconds) * 1000:.0f}, {ROUNDS} "
        f"rounds); the tutorial's loop: {loop * 500:.1f} s (timed on {LOOP_USERS} users, scaled); "
        f"{loop * 500 / median:.0f} times as fast\n"
    )


if __name__ == "__main__":
    main()
