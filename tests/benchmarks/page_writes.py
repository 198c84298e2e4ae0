"""Writes of a page, and a job of fifty, during no, one and two jobs of a million, on the shipped service.

Users sign in by a one-time link, which writes the same rows as a password; the 0.2 s of its hash would hide the wait.
"""

import time
from typing import Any
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, ProxyHandler, Request, build_opener

from tests.benchmarks.first_500 import filled_form
from tests.benchmarks.frame import Figure, percentile, service
from tests.support.clients.browser import Browser
from tests.support.services.program import Program
from tests.support.services.service import Service
from tests.support.waiting import wait_until

MILLION = 1_000_000
SMALL = 50
WRITES = 100
FIFTIES = 7
PAUSE_SECONDS = 0.05
LINKS = f"""
from django.contrib.auth import get_user_model
from asgi_config.sign_in.links import make_link
for number in range({WRITES}):
    visitor = get_user_model().objects.create(username=f'visitor {{PLACE}} {{number}}')
    print('LINK', make_link(user=visitor, address=ADDRESS))
"""


class NoRedirects(HTTPRedirectHandler):
    """Returns the answer to the write itself, because the time of the next page does not count."""

    def http_error_302(self, request: Any, answer: Any, code: int, *more: Any) -> Any:
        return answer


def measure() -> list[Figure]:
    with service("--workers", "2", GENERATE_MIN_TOTAL="1", JOBS_AT_WORK_MAX="1000") as running:
        program, browser = Program(running), Browser()
        browser.use_link(running.link)
        figures = during(running, program, browser, jobs=0)
        for jobs in (1, 2):
            figures += during(running, program, browser, jobs=jobs)
    return figures


def during(running: Service, program: Program, browser: Browser, *, jobs: int) -> list[Figure]:
    links = sign_in_links(running, place=jobs)
    ids = [program.post("/api/jobs", {"total": MILLION}).json["id"] for _ in range(jobs)]
    wait_until(lambda: all(created(program, one) for one in ids))
    before, began = sum(created(program, one) for one in ids), time.perf_counter()
    posts = [timed(browser, filled_form(running, browser, total=1)) for _ in range(WRITES)]
    sign_ins = [timed(visitor, visitor.button_of(link)) for visitor, link in ((Browser(), link) for link in links)]
    made, seconds = sum(created(program, one) for one in ids) - before, time.perf_counter() - began
    fifties = [fifty(program) for _ in range(FIFTIES)]
    for one in ids:
        assert program.get(f"/api/jobs/{one}").json["state"] == "running", "the million was done too early"
        program.post(f"/api/jobs/{one}/cancel", {})
    where = f"during {jobs} jobs of a million"
    return [
        *waits(f"POST of a job of 1, {where}", posts),
        *waits(f"sign-in by a link, {where}", sign_ins),
        Figure(
            what=f"job of {SMALL}, most of {FIFTIES}, {where}",
            value=max(fifties),
            unit="s",
            aim="<= 2.2 (a slice and 0.2)",
        ),
        *(
            [Figure(what=f"accounts/s during that, {jobs} jobs", value=made / seconds, unit="/s", aim=">= 40,000")]
            if jobs
            else []
        ),
    ]


def sign_in_links(running: Service, *, place: int) -> list[str]:
    printed = running.manage("shell", "-v", "0", "-c", f"ADDRESS, PLACE = {running.address!r}, {place}\n{LINKS}").stdout
    return [line.partition(" ")[2] for line in printed.splitlines() if line.startswith("LINK")]


def waits(what: str, seconds: list[float]) -> list[Figure]:
    aims = {0.5: "", 0.99: "<= 100"}
    return [
        Figure(what=f"{what}, p{share * 100:.0f}", value=percentile(seconds, share) * 1000, unit="ms", aim=aim)
        for share, aim in aims.items()
    ]


def timed(browser: Browser, request: Request) -> float:
    time.sleep(PAUSE_SECONDS)
    opener = build_opener(HTTPCookieProcessor(browser.cookies), ProxyHandler({}), NoRedirects())
    began = time.perf_counter()
    answer = opener.open(request, timeout=20)
    seconds = time.perf_counter() - began
    assert answer.status == 302, answer.read()
    return seconds


def fifty(program: Program) -> float:
    """Returns the seconds from the POST to the last account's event by the API's long poll."""
    start = program.get("/api/users?limit=1").json
    began = time.perf_counter()
    job = program.post("/api/jobs", {"total": SMALL}).json["id"]
    program.until("job.finished", job=job, epoch=start["epoch"], after=start["head"])
    return time.perf_counter() - began


def created(program: Program, job: int) -> int:
    return int(program.get(f"/api/jobs/{job}").json["created"])
