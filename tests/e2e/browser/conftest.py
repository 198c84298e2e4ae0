"""A real Chromium on the real service. Each visitor collects what its browser reports."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.e2e.browser.stored import rows
from tests.e2e.browser.visitor import Visitor
from tests.support.services.service import Service
from tests.support.waiting import DEADLINE

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# 5 s by default for an expectation and 30 s for a click or a page, which a busy machine exceeds.
MILLISECONDS = DEADLINE * 1_000
expect.set_options(timeout=MILLISECONDS)

UNFINISHED_JOBS = "SELECT id FROM arrivals_job WHERE state IN ('queued', 'running', 'removing')"

Visit = Callable[..., Awaitable[Visitor]]
Launch = Callable[[], Awaitable[Browser]]


@pytest.fixture(scope="session")
def chromium() -> str:
    for name in NAMES:
        if path := shutil.which(name):
            return path
    pytest.skip("Chromium is missing: apt-get install --no-install-recommends chromium fonts-dejavu-core")


@pytest.fixture(scope="package")
def shared_service(chromium: str) -> Iterator[Service]:
    """One service for all tests, because a start costs 4 s of CPU. A heartbeat each second makes silence short."""
    with Service(environment={"HEARTBEAT_SECONDS": "1"}) as service:
        yield service


@pytest.fixture
def service(shared_service: Service) -> Service:
    """The shared service with no running job. Tests count from the users of earlier tests."""
    with suppress(AssertionError):  # Leftovers of a failed test must not fail another.
        shared_service.wait_until(lambda: not rows(shared_service, UNFINISHED_JOBS), 10)
    return shared_service


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def launch(chromium: str) -> AsyncIterator[Launch]:
    """The browser of all tests. Starts another one if Chromium crashed between two tests, as seen once."""
    launched: list[Browser] = []
    async with async_playwright() as playwright:

        async def launch() -> Browser:
            if not launched or not launched[-1].is_connected():
                launched.append(await playwright.chromium.launch(executable_path=chromium, args=OPTIONS))
            return launched[-1]

        yield launch
        for browser in launched:
            await browser.close()


@pytest_asyncio.fixture(loop_scope="package")
async def visit(launch: Launch) -> AsyncIterator[Visit]:
    async with visiting(launch) as visit:
        yield visit


@asynccontextmanager
async def visiting(launch: Launch) -> AsyncIterator[Visit]:
    """Yields a function that opens the list of users in a new browser context. Afterwards fails on any complaint."""
    visitors: list[Visitor] = []

    async def visit(service: Service, *, name: str = "operator", address: str = "", **options: Any) -> Visitor:
        browser = await launch()
        context = await browser.new_context(base_url=address or service.address, **options)
        context.set_default_timeout(MILLISECONDS)
        visitor = Visitor(await context.new_page())
        visitors.append(visitor)
        if name:
            await visitor.sign_in(service, name)
        return visitor

    yield visit
    for visitor in visitors:
        await visitor.page.context.close()
    assert [visitor.complaints for visitor in visitors if visitor.complaints] == []
