"""The shipped service as a user starts it: its only start in `make test`."""

import asyncio
import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.clients.browser import Browser
from tests.support.clients.watcher import Watcher
from tests.support.services.program import Program
from tests.support.services.service import Service

TOTAL = 60
DEADLINE = 240


@pytest.fixture
def first_start() -> Iterator[Service]:
    """The teardown sends SIGINT, as Ctrl-C does, and asserts a clean exit without leftover processes."""
    with Service() as service:
        yield service


async def test_a_first_start_signs_in_runs_a_job_and_ends_at_ctrl_c(first_start: Service) -> None:
    await asyncio.to_thread(sign_in_by_link, first_start)
    program = await asyncio.to_thread(Program, first_start)
    watcher = Watcher(first_start.address, token=program.token)
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        tasks.create_task(watcher.follow(until=lambda seen: bool(seen.kinds["job.finished"])))
        await watcher.is_live.wait()
        job = await asyncio.to_thread(program.post, "/api/jobs", {"total": TOTAL})
        assert job.status == 202, job.text
    assert sorted(watcher.numbers) == list(range(1, TOTAL + 1))
    assert (watcher.repeated, watcher.resets) == (0, [])


def sign_in_by_link(service: Service) -> None:
    """A link signs in with one click, once, and the printed command prints another one."""
    browser, link = Browser(), service.link
    page = browser.use_link(link)
    assert (page.status, page.url) == (200, f"{service.address}/users/")
    assert browser.get(link).status == 403
    assert Browser().use_link(new_link(service)).status == 200


def new_link(service: Service) -> str:
    """Copies the printed command to a shell in another folder, without any variable of the first terminal."""
    found = re.search(r"New link:  (.*)", service.stdout)
    assert found, service.stdout
    done = subprocess.run(["sh", "-c", found[1]], cwd="/", env={}, check=True, capture_output=True, text=True)
    return done.stdout.strip()
