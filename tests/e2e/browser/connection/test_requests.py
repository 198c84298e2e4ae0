"""Job requests in a browser: errors appear at the field, and one form starts one job."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.stored import jobs, usernames
from tests.support.services.service import Service
from tests.support.waiting import wait_until_async

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize(
    ("total", "reason"),
    [("49", "Too few"), ("501", "Too many"), ("many", "whole number"), ("", "how many users you need")],
)
async def test_an_invalid_total_is_explained_at_its_field(
    service: Service, visit: Visit, total: str, reason: str
) -> None:
    visitor = await visit(service)
    await visitor.generate(total)
    field = visitor.page.get_by_label("How many users?")
    await expect(field).to_be_focused()
    await expect(field).to_have_value(total)
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_accessible_description(re.compile(reason))
    await expect(visitor.page.get_by_text(re.compile(reason))).to_be_visible()


async def test_a_double_click_starts_one_job(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    before = jobs(service)
    await visitor.page.goto("/generate/")
    await visitor.page.get_by_label("How many users?").fill("50")
    await visitor.button.dblclick()
    await visitor.page.wait_for_url("**/users/")
    await visitor.sees_status("^Live$")
    assert jobs(service) == before + 1


async def test_concurrent_submits_of_one_form_start_one_job(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    before = jobs(service)
    await visitor.page.goto("/generate/")
    send = """() => Promise.all([1, 2, 3, 4].map(() => fetch("/generate/", {
      method: "POST", body: new FormData(document.getElementById("generate")),
    }).then((answer) => answer.status)))"""
    assert await visitor.page.evaluate(send) == [200, 200, 200, 200]
    assert jobs(service) == before + 1


async def test_back_and_submit_starts_no_second_job_and_names_the_first(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    before = jobs(service)
    await visitor.generate(51)
    await visitor.page.wait_for_url("**/users/")
    await visitor.page.go_back()
    await expect(visitor.page.get_by_label("How many users?")).to_have_value("51")
    await expect(visitor.button).to_have_text("Generate 51 users")
    await visitor.button.click()
    await expect(visitor.page.get_by_text("This form already started job")).to_be_visible()
    assert jobs(service) == before + 1


async def test_back_and_another_total_starts_a_job_only_at_the_second_submit(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    before = jobs(service)
    await visitor.generate(52)
    await visitor.page.wait_for_url("**/users/")
    await visitor.page.go_back()
    await visitor.page.get_by_label("How many users?").fill("53")
    await visitor.button.click()
    await expect(visitor.page.get_by_text("This form already started a job")).to_be_visible()
    assert jobs(service) == before + 1
    await visitor.button.click()
    await visitor.page.wait_for_url("**/users/")
    assert jobs(service) == before + 2


async def test_without_javascript_the_form_and_a_reload_work(service: Service, visit: Visit) -> None:
    visitor = await visit(service, java_script_enabled=False)
    assert "This page needs JavaScript" in await visitor.page.content()
    await visitor.sees_status("^Not live. Reload to update.$")
    before = len(usernames(service))
    await visitor.generate(54)
    await expect(visitor.page.get_by_text("We are generating your random users!")).to_be_visible()

    async def has_all() -> bool:
        await visitor.page.reload()
        names = usernames(service)
        return len(names) >= before + 54 and await visitor.usernames() == names[:50]

    await wait_until_async(has_all)
