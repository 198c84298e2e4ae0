"""Failures under an open page: it shows the failure, recovers by itself, and has every account once."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.visitor import Remembered, Visitor
from tests.support.services.proxy import Proxy
from tests.support.services.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="package")

MANY = 60_000


@pytest.fixture(scope="module")
def service(chromium: str) -> Iterator[Service]:
    with Service(environment={"HEARTBEAT_SECONDS": "1"}, may_complain=True) as service:
        yield service


@pytest_asyncio.fixture(loop_scope="package")
async def proxy(service: Service) -> AsyncIterator[Proxy]:
    async with Proxy(service.port) as proxy:
        yield proxy


async def total_on(visitor: Visitor) -> int:
    return int((await visitor.total.inner_text()).replace(",", ""))


async def start_many(service: Service, visitor: Visitor) -> tuple[int, Remembered]:
    """Starts a long job and waits until the visitor sees it run. Returns the expected total and the shown jobs."""
    await visitor.sees_status("^Live$")
    before, jobs = await total_on(visitor), await visitor.remember(visitor.jobs)
    await asyncio.to_thread(service.manage, "generate", str(MANY))
    await jobs.showed("of 60,000")
    await expect(visitor.total).not_to_have_text(f"{before:,}")
    return before + MANY, jobs


async def assert_every_account_is_shown_once(visitor: Visitor, total: int, jobs: Remembered) -> None:
    """Compares the page with a reload: its old state plus the events must equal a new fetch."""
    await visitor.sees_total(total)
    await visitor.sees_status("^Live$")
    await jobs.showed("60,000 of 60,000")
    names = await visitor.usernames()
    await visitor.page.reload()
    assert await visitor.usernames() == names
    assert await total_on(visitor) == total


async def test_a_page_recovers_when_the_web_process_is_killed_during_a_job(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    visitor.may_be_cut_off = True
    total, jobs = await start_many(service, visitor)
    web, status = service.pids().web, await visitor.remember(visitor.status)
    assert web is not None
    os.kill(web, signal.SIGKILL)
    await status.showed("^Reconnecting.*, nothing is lost$")
    await assert_every_account_is_shown_once(visitor, total, jobs)


async def test_a_page_recovers_from_repeated_cuts(service: Service, proxy: Proxy, visit: Visit) -> None:
    visitor = await visit(service, address=proxy.address)
    visitor.may_be_cut_off = True
    total, jobs = await start_many(service, visitor)
    for _ in range(4):
        status = await visitor.remember(visitor.status)
        proxy.cut()
        await status.showed("^Reconnecting.*, nothing is lost$")
        await visitor.sees_status("^(Live|Catching up .*)$")
    await assert_every_account_is_shown_once(visitor, total, jobs)


async def test_a_silent_connection_is_replaced(service: Service, proxy: Proxy, visit: Visit) -> None:
    visitor = await visit(service, address=proxy.address)
    visitor.may_be_cut_off = True
    total, jobs = await start_many(service, visitor)
    proxy.blackhole()
    await visitor.sees_status("^Reconnecting.*, nothing is lost$")
    proxy.heal()
    await assert_every_account_is_shown_once(visitor, total, jobs)


async def test_a_page_counts_down_to_its_next_attempt_while_the_server_is_away(
    service: Service, proxy: Proxy, visit: Visit
) -> None:
    visitor = await visit(service, address=proxy.address)
    visitor.may_be_cut_off = True
    await visitor.sees_status("^Live$")
    status = await visitor.remember(visitor.status)
    proxy.is_refusing = True
    proxy.cut()
    await status.showed("^Reconnecting in [2-9] s, nothing is lost$")
    await status.showed("^Reconnecting in 1 s, nothing is lost$")
    proxy.is_refusing = False
    await visitor.sees_status("^Live$")


async def test_a_page_whose_session_ended_shows_a_sign_in_link(service: Service, proxy: Proxy, visit: Visit) -> None:
    visitor = await visit(service, address=proxy.address)
    visitor.may_be_cut_off = True
    await visitor.sees_status("^Live$")
    await visitor.page.context.clear_cookies()
    proxy.cut()
    await visitor.sees_status("^Signed out$")
    await visitor.page.get_by_role("link", name="Sign in").click()
    await expect(visitor.page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_a_new_epoch_reloads_the_page(service: Service, proxy: Proxy, visit: Visit) -> None:
    visitor = await visit(service, address=proxy.address)
    visitor.may_be_cut_off = True
    await visitor.sees_status("^Live$")
    code = "import uuid; from realtime.models import FeedHead; FeedHead.objects.update(epoch=uuid.uuid4())"
    async with visitor.page.expect_event("load"):
        await asyncio.to_thread(service.manage, "shell", "-c", code)
        proxy.cut()
    await visitor.sees_status("^Live$")


async def test_with_a_frozen_queue_a_job_is_accepted_with_a_warning_and_starts_later(
    service: Service, visit: Visit
) -> None:
    visitor = await visit(service)
    visitor.may_be_cut_off = True
    before = await total_on(visitor)
    redis = service.pids().redis
    assert redis is not None
    os.kill(redis, signal.SIGSTOP)
    try:
        await visitor.generate(50)
        await expect(visitor.page.get_by_text("The queue is not available:")).to_be_visible()
    finally:
        os.kill(redis, signal.SIGCONT)
    await visitor.sees_total(before + 50)
