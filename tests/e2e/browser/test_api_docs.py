"""The API documentation in a browser: it loads only files of this host, satisfies the site's CSP, and works."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.stored import jobs
from tests.support.services.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def try_out(page: Page, summary: str) -> None:
    operation = page.locator(".opblock").filter(has_text=summary)
    await operation.click()
    await operation.get_by_role("button", name="Try it out").click()
    await operation.get_by_role("button", name="Execute").click()


async def test_the_page_shows_every_operation_and_its_console_is_clean(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    hosts: set[str] = set()
    visitor.page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    await visitor.page.goto("/api/docs")
    for address in ("/api/jobs", "/api/jobs/{job_id}/cancel", "/api/users", "/api/events"):
        await expect(visitor.page.get_by_text(address, exact=True).first).to_be_visible()
    assert hosts == {service.address.partition("://")[2]}


async def test_a_job_can_be_requested_on_the_page(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    before = jobs(service)
    await visitor.page.goto("/api/docs")
    await try_out(visitor.page, "Request a job")
    answer = visitor.page.locator(".opblock.is-open .live-responses-table .response")
    await expect(answer.first).to_contain_text(re.compile("202|queued"))
    assert jobs(service) == before + 1


async def test_an_anonymous_visitor_is_redirected_to_the_sign_in(service: Service, visit: Visit) -> None:
    visitor = await visit(service, name="")
    await visitor.page.goto("/api/docs")
    await expect(visitor.page).to_have_url(re.compile(r"/accounts/login/\?next=/api/docs$"))
