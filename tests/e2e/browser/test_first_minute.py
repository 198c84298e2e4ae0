"""The first minute with Arrivals: from the link to five hundred users, while a second browser watches."""

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.stored import usernames
from tests.support.services.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="package")

# Elements below the header that moved by themselves since the page was opened.
SHIFTS = """() => new Promise((resolve) => {
  new PerformanceObserver((list) => resolve(
    list.getEntries().flatMap((entry) => entry.sources.map(({ node }) => node?.parentElement ?? node))
      .filter((element) => element?.closest("main")).map((element) => element.outerHTML)
  )).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve([]), 500);
})"""


@pytest.fixture
def fresh_service(chromium: str) -> Iterator[Service]:
    with Service() as service:
        yield service


async def test_five_hundred_users_are_generated_and_shown_in_two_browsers(fresh_service: Service, visit: Visit) -> None:
    watcher = await visit(fresh_service)
    owner = await visit(fresh_service)
    assert owner.page.url.endswith("/users/")
    await watcher.sees_status("^Live$")
    await expect(owner.jobs).to_contain_text("No accounts generated yet.")

    await owner.page.get_by_role("link", name="Generate the first 50").click()
    await expect(owner.button).to_have_text("Generate 50 users")
    await owner.page.get_by_label("How many users?").fill("500")
    await expect(owner.button).to_have_text("Generate 500 users")
    jobs = await watcher.remember(watcher.jobs)
    await owner.button.click()
    await jobs.showed("500 of 500")
    await expect(owner.page.get_by_text("We are generating your random users!")).to_be_visible()

    for visitor in (owner, watcher):
        await visitor.sees_total(501)
    await expect(watcher.jobs.get_by_text("No jobs running.")).to_be_visible()
    assert await watcher.page.evaluate(SHIFTS) == []

    names = await watcher.usernames()
    assert len(names) == 50
    assert names == await owner.usernames()
    await watcher.page.reload()
    assert await watcher.usernames() == names
    assert await owner.all_usernames() == usernames(fresh_service)
