"""Django's admin under our Content-Security-Policy: any complaint of the browser fails the test."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.stored import usernames
from tests.e2e.browser.visitor import Visitor
from tests.support.services.service import Service
from tests.support.waiting import wait_until_async

pytestmark = pytest.mark.asyncio(loop_scope="package")

# Chromium's note, not a fault: Django's page requests focus after a fast visitor has focused a field.
FOCUS_NOTE = "Autofocus processing was blocked"
TABLES = [
    *("arrivals/job", "arrivals/account", "arrivals/act", "arrivals/token", "arrivals/worker"),
    *("arrivals_feed/feedhead", "arrivals_feed/batch"),
]
LISTS = [*TABLES, "auth/user", "auth/group"]


@pytest_asyncio.fixture(loop_scope="package")
async def admin(service: Service, visit: Visit) -> AsyncIterator[Visitor]:
    visitor = await visit(service)
    yield visitor
    visitor.complaints = [complaint for complaint in visitor.complaints if FOCUS_NOTE not in complaint]


async def test_every_list_and_row_page_opens_without_a_complaint(service: Service, admin: Visitor) -> None:
    await asyncio.to_thread(service.manage, "token", "operator")
    before = len(usernames(service))
    await admin.generate(50)
    await wait_until_async(lambda: len(usernames(service)) == before + 50)
    await admin.page.goto("/admin/")
    await expect(admin.page.get_by_role("heading", name="Site administration")).to_be_visible()
    for table in LISTS:
        await admin.page.goto(f"/admin/{table}/")
        first = admin.page.locator("#result_list tbody th a").first
        if table != "auth/group":
            await first.click()
            await expect(admin.page.locator("form[id$='_form'] .form-row").first).to_be_visible()
    await admin.page.goto(f"/admin/arrivals/account/?q={usernames(service)[0]}")
    await expect(admin.page.get_by_text("1 account", exact=True)).to_be_visible()


async def test_a_token_is_revoked_by_its_button(service: Service, admin: Visitor) -> None:
    await asyncio.to_thread(service.manage, "token", "operator", "--name", "to be revoked")
    await admin.page.goto("/admin/arrivals/token/")
    await admin.page.get_by_role("link", name="to be revoked").click()
    await admin.page.get_by_role("button", name="Revoke this token").click()
    await expect(admin.page.get_by_text("Revoked. New requests are refused now")).to_be_visible()
    await admin.page.get_by_role("link", name="to be revoked").click()
    await expect(admin.page.get_by_role("button", name="Revoke this token")).to_have_count(0)


async def test_a_user_created_and_deleted_in_the_admin_appears_and_disappears_live(
    service: Service, visit: Visit, admin: Visitor
) -> None:
    watcher = await visit(service)
    await watcher.sees_status("^Live$")
    total = int((await watcher.total.inner_text()).replace(",", ""))
    await admin.page.goto("/admin/auth/user/add/")
    await admin.page.get_by_label("Username:").fill("made-in-the-admin")
    await admin.page.locator("#id_password1").fill("quite-a-long-secret-1")
    await admin.page.locator("#id_password2").fill("quite-a-long-secret-1")
    await admin.page.get_by_role("button", name="Save", exact=True).click()
    await watcher.sees_total(total + 1)
    await expect(admin.page.locator(".selector-chosen").first).to_be_visible()
    await admin.page.get_by_role("link", name="Delete").or_(admin.page.get_by_role("button", name="Delete")).click()
    await admin.page.get_by_role("button", name="Yes").click()
    await watcher.sees_total(total)
    assert "made-in-the-admin" not in await watcher.usernames()


async def test_a_user_who_is_not_staff_may_sign_in_as_another_user(service: Service, visit: Visit) -> None:
    code = "from django.contrib.auth.models import User; User.objects.get_or_create(username='visitor')"
    await asyncio.to_thread(service.manage, "shell", "-c", code)
    visitor = await visit(service, name="")
    visitor.may_be_refused = True
    await visitor.sign_in(service, "visitor")
    await visitor.page.goto("/admin/")
    await expect(visitor.page.get_by_text("authenticated as visitor, but are not authorized")).to_be_visible()
    await expect(visitor.page.get_by_label("Username:")).to_be_visible()
