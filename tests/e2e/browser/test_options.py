"""Options in a browser: folded until they are opened, and always summarized in words."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.stored import rows
from tests.e2e.browser.test_keyboard import tab_to
from tests.e2e.browser.visitor import Visitor
from tests.support.services.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="package")

PASSWORD = "Correct-horse-7"
MAKE_GROUPS = """
from django.contrib.auth.models import Group
for name in ("demo", "load test"): Group.objects.get_or_create(name=name)
"""


@pytest.fixture(scope="module")
def service(chromium: str) -> Iterator[Service]:
    """Accepts four accounts, because each takes 0.2 s with full hashing. Its worker has recorded its size."""
    with Service(environment={"GENERATE_MIN_TOTAL": "4"}) as service:
        service.manage("shell", "-c", MAKE_GROUPS)
        service.wait_until(lambda: rows(service, "SELECT name FROM arrivals_worker"))
        yield service


def summary(visitor: Visitor) -> Locator:
    return visitor.page.locator("#options-summary")


async def open_options(visitor: Visitor) -> None:
    await visitor.page.goto("/generate/")
    await visitor.page.locator("#options summary").click()


async def test_realistic_accounts_with_full_hashing_can_be_requested_by_keyboard(
    service: Service, visit: Visit
) -> None:
    visitor = await visit(service)
    await visitor.page.goto("/generate/")
    keyboard, estimate = visitor.page.keyboard, visitor.page.locator("#estimate")
    await expect(visitor.page.get_by_label("How many users?")).to_be_focused()
    await keyboard.press("Control+a")
    await keyboard.type("4")
    await expect(estimate).not_to_be_visible()
    await tab_to(visitor, "Options")
    await keyboard.press("Enter")
    await expect(estimate).to_have_text(re.compile(r"^about \d\.\d s \(4 \u00d7 0\.\d+ s on 2 worker processes\)$"))
    await expect(visitor.page.get_by_label("Language")).not_to_be_visible()
    await tab_to(visitor, "random")
    await keyboard.press("ArrowDown")
    await tab_to(visitor, "mixed")
    await keyboard.type("German")
    await tab_to(visitor, "individual")
    await tab_to(visitor, "light")
    await keyboard.press("ArrowDown")
    await expect(summary(visitor)).to_have_text(
        "realistic German names, a different password each, full hashing, no automatic removal"
    )
    await tab_to(visitor, "Generate 4 users")
    await keyboard.press("Enter")
    await visitor.page.wait_for_url("**/users/")
    job = rows(service, "SELECT max(id) FROM arrivals_job")[0]
    await visitor.page.goto(f"/jobs/{job}/")
    await expect(visitor.page.locator(".head-words")).to_have_text(re.compile("^Finished"))
    assert [name for name in await visitor.usernames() if not re.fullmatch(r"[a-z.-]+\d{4}", name)] == []
    expected = re.compile(
        "Realistic German names, a different password each, full hashing. Seed [0-9]+ gives the same names again."
    )
    await expect(visitor.page.locator("#record")).to_contain_text(expected)
    hashes = rows(service, f"SELECT known_hash FROM arrivals_account WHERE job_id = {job}")
    assert all(not stored.startswith("pbkdf2_sha256$1$") for stored in hashes)


async def test_the_shared_password_field_is_shown_only_for_a_shared_password(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    await open_options(visitor)
    password = visitor.page.get_by_label("Password for all accounts")
    await expect(password).not_to_be_visible()
    await visitor.page.get_by_label("The same for all").check()
    await password.fill(PASSWORD)
    await expect(visitor.page.get_by_role("group", name="Hashing")).not_to_be_visible()
    await visitor.page.get_by_label("A different password each").check()
    await expect(password).not_to_be_visible()
    await visitor.button.click()
    await visitor.page.wait_for_url("**/users/")


async def test_a_weak_password_is_reported_at_its_field_and_other_options_are_kept(
    service: Service, visit: Visit
) -> None:
    visitor = await visit(service)
    await open_options(visitor)
    page = visitor.page
    await page.get_by_label("How many users?").fill("5")
    await page.get_by_label("Realistic").check()
    await page.get_by_label("Language").select_option("pl")
    await page.get_by_label("The same for all").check()
    await page.get_by_label("Password for all accounts").fill("12345678")
    await page.get_by_label("load test").check()
    await page.get_by_label("Inactive").check()
    await page.get_by_label("Seed (optional)").fill("42")
    await page.get_by_label("Remove the accounts").select_option("1")
    words = "realistic Polish names, the same password for all, 1 group, inactive, seed 42, removed after 1 hour"
    await expect(summary(visitor)).to_have_text(words)
    await visitor.button.click()
    password = page.get_by_label("Password for all accounts")
    await expect(password).to_be_focused()
    await expect(password).to_have_value("")
    await expect(password).to_have_accessible_description(re.compile("too common. This password is entirely numeric"))
    await expect(summary(visitor)).to_have_text(words)
    await password.fill(PASSWORD)
    await visitor.button.click()
    await page.wait_for_url("**/users/")
    job = rows(service, "SELECT max(id) FROM arrivals_job")[0]
    await visitor.page.goto(f"/jobs/{job}/")
    expected = "Realistic Polish names, the same password for all, in group load test, inactive."
    await expect(page.locator("#record")).to_contain_text(expected)


async def test_an_account_signs_in_with_its_shared_password(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    await open_options(visitor)
    await visitor.page.get_by_label("How many users?").fill("4")
    await visitor.page.get_by_label("The same for all").check()
    await visitor.page.get_by_label("Password for all accounts").fill(PASSWORD)
    await visitor.button.click()
    await visitor.page.wait_for_url("**/users/")
    job = rows(service, "SELECT max(id) FROM arrivals_job")[0]
    made = f"SELECT username FROM auth_user JOIN arrivals_account ON user_id = id WHERE job_id = {job}"
    names = await asyncio.to_thread(service.wait_until, lambda: len(found := rows(service, made)) == 4 and found)
    assert names
    account = await visit(service, name="")
    account.may_be_refused = True  # It has no permission, so its first page is refused.
    await account.page.goto("/accounts/login/")
    await account.page.get_by_label("Username").fill(names[0])
    await account.page.get_by_label("Password").fill(PASSWORD)
    await account.page.get_by_role("button", name="Sign in").click()
    await expect(account.page.get_by_text("You do not have permission to see this page")).to_be_visible()


async def test_without_javascript_every_option_and_the_estimate_are_visible(service: Service, visit: Visit) -> None:
    visitor = await visit(service, java_script_enabled=False)
    await open_options(visitor)
    for name in ("Language", "Password for all accounts", "Seed (optional)", "Remove the accounts"):
        await expect(visitor.page.get_by_label(name)).to_be_visible()
    await expect(visitor.page.get_by_text("Full hashing takes about ")).to_be_visible()
    await visitor.page.get_by_label("How many users?").fill("4")
    await visitor.page.get_by_label("Realistic").check()
    await visitor.button.click()
    await visitor.page.wait_for_url("**/users/")
