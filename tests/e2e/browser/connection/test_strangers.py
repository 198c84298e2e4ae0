"""Users without permission, and users with hostile names."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.e2e.browser.conftest import Visit
from tests.support.services.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="package")

HOSTILE = "<img src=x onerror=alert(1)>"
MAKE = """
from django.contrib.auth.models import User
user, _ = User.objects.get_or_create(username={name!r}, defaults={{"email": {name!r}}})
"""


async def make_user(service: Service, name: str) -> None:
    await asyncio.to_thread(service.manage, "shell", "-c", MAKE.format(name=name))


async def test_a_hostile_name_is_shown_as_text_live_and_after_a_reload(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    await visitor.sees_status("^Live$")
    await make_user(service, HOSTILE)
    first = visitor.page.locator("#board tbody tr").first
    await expect(first.locator(".row-username")).to_have_text(HOSTILE)
    await expect(first.locator(".row-email")).to_have_text(HOSTILE)
    await visitor.page.reload()
    await visitor.sees_status("^Live$")
    await expect(first.locator(".row-username")).to_have_text(HOSTILE)
    await expect(visitor.page.locator("main img")).to_have_count(0)


async def test_a_user_created_and_deleted_outside_jobs_appears_and_disappears(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    await visitor.sees_status("^Live$")
    total = int((await visitor.total.inner_text()).replace(",", ""))
    await make_user(service, "passer-by")
    await visitor.sees_total(total + 1)
    assert (await visitor.usernames())[0] == "passer-by"
    code = "from django.contrib.auth.models import User; User.objects.get(username='passer-by').delete()"
    await asyncio.to_thread(service.manage, "shell", "-c", code)
    await visitor.sees_total(total)
    assert "passer-by" not in await visitor.usernames()


@pytest.mark.parametrize("address", ["/users/", "/generate/"])
async def test_a_user_without_permission_gets_an_explanation_and_can_sign_out(
    service: Service, visit: Visit, address: str
) -> None:
    await make_user(service, "powerless")
    visitor = await visit(service, name="")
    visitor.may_be_refused = True
    await visitor.sign_in(service, "powerless")
    await visitor.page.goto(address)
    await expect(
        visitor.page.get_by_role("heading", name="You do not have permission to see this page")
    ).to_be_visible()
    await visitor.page.get_by_role("button", name="Sign out").click()
    await expect(visitor.page.get_by_role("heading", name="Sign in")).to_be_visible()
