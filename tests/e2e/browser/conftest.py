"""A real Chromium before the real service. Visitors remember what their browser complained about."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.e2e.browser.stored import rows
from tests.e2e.browser.visitor import Visitor
from tests.support.service import Service

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
AT_WORK = "SELECT id FROM arrivals_job WHERE state IN ('queued', 'running', 'removing')"

Arrive = Callable[..., Awaitable[Visitor]]
Launch = Callable[[], Awaitable[Browser]]


@pytest.fixture(scope="session")
def chromium() -> str:
    for name in NAMES:
        if path := shutil.which(name):
            return path
    pytest.skip("Chromium is missing: apt-get install --no-install-recommends chromium fonts-dejavu-core")


@pytest.fixture(scope="package")
def shared_service(chromium: str) -> Iterator[Service]:
    """One for all stories, as a start costs 4 s of CPU; a heartbeat a second makes silence short."""
    with Service(environment={"HEARTBEAT_SECONDS": "1"}) as service:
        yield service


@pytest.fixture
def service(shared_service: Service) -> Service:
    """With what earlier stories made, and at rest: so a story counts from there on."""
    with suppress(AssertionError):  # What a story that failed has left behind fails no other.
        shared_service.wait_until(lambda: not rows(shared_service, AT_WORK), 10)
    return shared_service


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def launch(chromium: str) -> AsyncIterator[Launch]:
    """The browser of all stories; another one should Chromium have crashed between two stories, as was seen once."""
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
async def arrive(launch: Launch) -> AsyncIterator[Arrive]:
    async with arriving(launch) as arrive:
        yield arrive


@asynccontextmanager
async def arriving(launch: Launch) -> AsyncIterator[Arrive]:
    """Opens a browser of somebody's own on the list of users; in the end no browser may have complained."""
    visitors: list[Visitor] = []

    async def arrive(service: Service, *, name: str = "operator", address: str = "", **options: Any) -> Visitor:
        browser = await launch()
        context = await browser.new_context(base_url=address or service.address, **options)
        visitor = Visitor(await context.new_page())
        visitors.append(visitor)
        if name:
            await visitor.sign_in(service, name)
        return visitor

    yield arrive
    for visitor in visitors:
        await visitor.page.context.close()
    assert [visitor.complaints for visitor in visitors if visitor.complaints] == []
