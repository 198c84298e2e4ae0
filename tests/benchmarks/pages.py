"""/users/ with a thousand and with a million users, the first page and page 10,000, on the shipped service."""

import time

from tests.benchmarks.frame import Figure, figure, ratio, service
from tests.support.clients.browser import Browser
from tests.support.services.service import Service

REQUESTS = 40
THOUSAND = 1_000
MILLION = 1_000_000
PAGE_SIZE = 50


def measure() -> list[Figure]:
    with service() as running:
        browser = Browser()
        browser.use_link(running.link)
        fill(running, THOUSAND)
        few = [answered(running, browser, "") for _ in range(REQUESTS)]
        fill(running, MILLION - THOUSAND)
        first = [answered(running, browser, "") for _ in range(REQUESTS)]
        query = f"?before={MILLION - 10_000 * PAGE_SIZE}"
        far = [answered(running, browser, query) for _ in range(REQUESTS)]
    more = {"compared_to": "a thousand users", "aim": "<= 1.5"}
    return [
        figure("/users/ with a thousand users", few, "ms"),
        figure("/users/ with a million users, first page", first, "ms", ratio=ratio(first, few), **more),
        figure("/users/ with a million users, page 10,000", far, "ms", ratio=ratio(far, few), **more),
    ]


def fill(running: Service, number: int) -> None:
    running.manage("shell", "-v", "0", "-c", f"from tests.benchmarks import rows; rows.fill({number})", seconds=300)


def answered(running: Service, browser: Browser, query: str) -> float:
    began = time.perf_counter()
    answer = browser.get(f"{running.address}/users/{query}")
    answer.read()
    assert answer.status == 200
    return (time.perf_counter() - began) * 1000
