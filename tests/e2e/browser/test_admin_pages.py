"""Django's admin under our Content-Security-Policy: whatever a browser complains about fails the story."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.browser.conftest import Arrive
from tests.e2e.browser.stored import usernames
from tests.e2e.browser.visitor import Visitor
from tests.support.service import Service
from tests.support.waiting import wait_until_async

pytestmark = pytest.mark.asyncio(loop_scope="package")

# Chromium's note, not a fault: Django's pages ask for the focus of a field, and a quick visitor is there already.
AUTOFOCUS = "Autofocus processing was blocked"
TABLES = ["task/job", "task/account", "task/act", "task/token", "task/worker", "realtime/feed", "realtime/batch"]
LISTS = [*TABLES, "auth/user", "auth/group"]


@pytest_asyncio.fixture(loop_scope="package")
async def keeper(service: Service, arrive: Arrive) -> AsyncIterator[Visitor]:
    visitor = await arrive(service)
    yield visitor
    visitor.complaints = [complaint for complaint in visitor.complaints if AUTOFOCUS not in complaint]


async def test_every_list_and_the_page_of_a_row_open_without_a_complaint(service: Service, keeper: Visitor) -> None:
    await asyncio.to_thread(service.manage, "token", "operator")
    before = len(usernames(service))
    await keeper.generate(50)
    await wait_until_async(lambda: len(usernames(service)) == before + 50)
    await keeper.page.goto("/admin/")
    await expect(keeper.page.get_by_role("heading", name="Site administration")).to_be_visible()
    for table in LISTS:
        await keeper.page.goto(f"/admin/{table}/")
        first = keeper.page.locator("#result_list tbody th a").first
        if table != "auth/group":
            await first.click()
            await expect(keeper.page.locator("form[id$='_form'] .form-row").first).to_be_visible()
    await keeper.page.goto(f"/admin/arrivals/account/?q={usernames(service)[0]}")
    await expect(keeper.page.get_by_text("1 account", exact=True)).to_be_visible()


async def test_a_token_is_revoked_by_its_button(service: Service, keeper: Visitor) -> None:
    await asyncio.to_thread(service.manage, "token", "operator", "--name", "to be revoked")
    await keeper.page.goto("/admin/arrivals/token/")
    await keeper.page.get_by_role("link", name="to be revoked").click()
    await keeper.page.get_by_role("button", name="Revoke this token").click()
    await expect(keeper.page.get_by_text("Revoked. New requests are refused now")).to_be_visible()
    await keeper.page.get_by_role("link", name="to be revoked").click()
    await expect(keeper.page.get_by_role("button", name="Revoke this token")).to_have_count(0)


async def test_a_user_made_and_deleted_there_comes_and_goes_on_an_open_page(
    service: Service, arrive: Arrive, keeper: Visitor
) -> None:
    watcher = await arrive(service)
    await watcher.sees_status("^Live$")
    total = int((await watcher.total.inner_text()).replace(",", ""))
    await keeper.page.goto("/admin/auth/user/add/")
    await keeper.page.get_by_label("Username:").fill("made-in-the-admin")
    await keeper.page.locator("#id_password1").fill("quite-a-long-secret-1")
    await keeper.page.locator("#id_password2").fill("quite-a-long-secret-1")
    await keeper.page.get_by_role("button", name="Save", exact=True).click()
    await watcher.sees_total(total + 1)
    await expect(keeper.page.locator(".selector-chosen").first).to_be_visible()
    await keeper.page.get_by_role("link", name="Delete").or_(keeper.page.get_by_role("button", name="Delete")).click()
    await keeper.page.get_by_role("button", name="Yes").click()
    await watcher.sees_total(total)
    assert "made-in-the-admin" not in await watcher.usernames()


async def test_who_is_no_staff_is_told_so_and_may_sign_in_as_somebody_else(service: Service, arrive: Arrive) -> None:
    code = "from django.contrib.auth.models import User; User.objects.get_or_create(username='visitor')"
    await asyncio.to_thread(service.manage, "shell", "-c", code)
    visitor = await arrive(service, name="")
    visitor.may_be_refused = True
    await visitor.sign_in(service, "visitor")
    await visitor.page.goto("/admin/")
    await expect(visitor.page.get_by_text("authenticated as visitor, but are not authorized")).to_be_visible()
    await expect(visitor.page.get_by_label("Username:")).to_be_visible()
