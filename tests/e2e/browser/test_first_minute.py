"""The first minute with Arrivals, from the link to five hundred users; and a second person who watches."""

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.e2e.browser.conftest import Arrive
from tests.e2e.browser.stored import usernames
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="package")

# What has moved below the header since the page was opened, by itself.
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


async def test_from_the_link_to_five_hundred_users_that_a_second_browser_sees_as_well(
    fresh_service: Service, arrive: Arrive
) -> None:
    watcher = await arrive(fresh_service)
    owner = await arrive(fresh_service)
    assert owner.page.url.endswith("/users/")
    await watcher.sees_status("^Live$")
    await expect(owner.jobs).to_contain_text("No accounts generated yet.")

    await owner.page.get_by_role("link", name="Generate the first 50").click()
    await expect(owner.button).to_have_text("Generate 50 users")
    await owner.page.get_by_label("How many users?").fill("500")
    await expect(owner.button).to_have_text("Generate 500 users")
    await owner.button.click()
    await expect(watcher.jobs).to_contain_text("500 of 500")
    await expect(owner.page.get_by_text("We are generating your random users!")).to_be_visible()

    for visitor in (owner, watcher):
        await visitor.sees_total(501)
    await expect(watcher.jobs.get_by_text("No jobs running.")).to_be_visible(timeout=20_000)
    assert await watcher.page.evaluate(SHIFTS) == []

    names = await watcher.usernames()
    assert len(names) == 50
    assert names == await owner.usernames()
    await watcher.page.reload()
    assert await watcher.usernames() == names
    assert await owner.all_usernames() == usernames(fresh_service)
