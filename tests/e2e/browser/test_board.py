"""The board of users on a scripted server: search, pause, and no layout shifts."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.connection.test_client_connection import Server
from tests.e2e.browser.feeding import Feeding
from tests.e2e.browser.visitor import Visitor
from tests.support.services.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="package")

# Counts every shift, even those that a browser excuses because of a recent click.
SHIFTS = """() => new Promise((resolve) => {
  const seen = [];
  new PerformanceObserver((list) => seen.push(...list.getEntries().flatMap(
    (entry) => entry.sources.map(({ node }) => (node?.parentElement ?? node)?.outerHTML)
  ))).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(seen)));
})"""
# Simulates a hidden tab, which gets no frames: headless Chromium hides no page, so frames are held back here.
HIDING = """(() => {
  const frames = [], real = requestAnimationFrame.bind(window);
  window.hide = () => { window.requestAnimationFrame = (draw) => frames.push(draw); };
  window.unhide = () => { window.requestAnimationFrame = real; return frames.splice(0).map(real).length; };
})()"""
REASON = "Its worker was started 5 times in a row without making an account; its log says more."

Watch = Callable[..., Awaitable[Feeding]]


@pytest_asyncio.fixture(loop_scope="package")
async def visitor(service: Service, visit: Visit) -> Visitor:
    return await visit(service)


@pytest_asyncio.fixture(loop_scope="package")
async def watch(visitor: Visitor) -> Watch:
    async def watch(address: str = "/users/") -> Feeding:
        server = Server()
        await visitor.page.route_web_socket(re.compile("/ws/users/"), server.accept)
        await visitor.page.goto(address)
        await visitor.sees_status("^Live$")
        return Feeding(server)

    return watch


def first_row(visitor: Visitor) -> Locator:
    return visitor.page.locator("#board tbody tr").first


def button(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("button", name=re.compile(name))


async def board_text(visitor: Visitor) -> str:
    return await visitor.page.locator("#board tbody").inner_text()


async def select_first_name(visitor: Visitor) -> None:
    await visitor.page.evaluate("getSelection().selectAllChildren(document.querySelector('#board tbody td'))")


async def test_a_search_stays_live_and_its_total_counts_all_users(visitor: Visitor, watch: Watch) -> None:
    await watch()
    await visitor.page.get_by_role("searchbox").fill("ANNA_7_")
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.get_by_text("No users match ANNA_7_.")).to_be_visible()
    feeding = await watch(visitor.page.url)
    before = int((await visitor.total.inner_text()).replace(",", ""))
    feeding.accounts(2, name="bert")
    feeding.accounts(1, name="anna")
    feeding.accounts(2, name="bert")
    await visitor.sees_total(before + 5)
    assert await visitor.usernames() == ["anna_7_3"]
    await expect(visitor.page.get_by_text("No users match")).to_be_hidden()
    await visitor.page.get_by_role("link", name="Show all users").click()
    await expect(visitor.page.get_by_role("searchbox")).to_have_value("")


async def test_older_pages_of_a_search_keep_the_search(visitor: Visitor, watch: Watch) -> None:
    feeding = await watch("/users/?q=anna+%26")
    feeding.accounts(60, name="anna &")
    await expect(visitor.page.locator("#older")).to_have_attribute("href", re.compile(r"\?q=anna\+%26&before=1000011$"))


async def test_a_paused_board_does_not_change_while_the_figures_do(visitor: Visitor, watch: Watch) -> None:
    feeding = await watch()
    feeding.accounts(60)
    await expect(first_row(visitor)).to_contain_text("user_7_60")
    await button(visitor, "Pause").click()
    await expect(button(visitor, "Resume")).to_have_attribute("aria-pressed", "true")
    held = await board_text(visitor)
    feeding.accounts(37)
    await expect(button(visitor, "37 new")).to_be_visible()
    await expect(visitor.jobs).to_contain_text("97 of 1,000")
    feeding.accounts(163)
    await expect(button(visitor, "200 new")).to_be_visible()
    assert await board_text(visitor) == held

    await button(visitor, "200 new").click()
    await expect(first_row(visitor)).to_contain_text("user_7_260")
    await expect(button(visitor, "new")).to_be_hidden()
    await expect(button(visitor, "Resume")).to_be_focused()
    feeding.accounts(1)
    await expect(button(visitor, "1 new")).to_be_visible()
    await button(visitor, "Resume").click()
    await expect(first_row(visitor)).to_contain_text("user_7_261")
    feeding.accounts(1)
    await expect(first_row(visitor)).to_contain_text("user_7_262")
    assert await visitor.page.evaluate(SHIFTS) == []


async def test_the_board_pauses_when_scrolled_and_resumes_at_the_top(visitor: Visitor, watch: Watch) -> None:
    feeding = await watch()
    feeding.accounts(60)
    await visitor.page.mouse.wheel(0, 900)
    await expect(button(visitor, "Resume")).to_be_visible()
    feeding.accounts(5)
    await expect(button(visitor, "5 new")).to_be_in_viewport()
    await visitor.page.mouse.wheel(0, -900)
    await expect(button(visitor, "Pause")).to_be_visible()
    await expect(first_row(visitor)).to_contain_text("user_7_65")

    await visitor.page.mouse.wheel(0, 900)
    await expect(button(visitor, "Resume")).to_be_visible()
    feeding.accounts(5)
    await button(visitor, "5 new").click()
    await expect(first_row(visitor)).to_be_in_viewport()
    await expect(button(visitor, "Pause")).to_be_visible()
    feeding.accounts(1)
    await expect(first_row(visitor)).to_contain_text("user_7_71")


async def test_a_scrolled_board_can_be_resumed(visitor: Visitor, watch: Watch) -> None:
    feeding = await watch()
    feeding.accounts(60)
    await visitor.page.mouse.wheel(0, 900)
    await button(visitor, "Resume").click()
    feeding.accounts(1)
    await expect(first_row(visitor)).to_contain_text("user_7_61")
    await expect(button(visitor, "Pause")).to_be_visible()


async def test_selected_text_stays_until_it_is_deselected(visitor: Visitor, watch: Watch) -> None:
    feeding = await watch()
    feeding.accounts(60)
    await expect(first_row(visitor)).to_contain_text("user_7_60")
    await select_first_name(visitor)
    await expect(button(visitor, "Resume")).to_be_visible()
    feeding.accounts(5)
    await expect(button(visitor, "5 new")).to_be_visible()
    assert await visitor.page.evaluate("String(getSelection())") == "user_7_60"
    await visitor.page.evaluate("getSelection().removeAllRanges()")
    await expect(first_row(visitor)).to_contain_text("user_7_65")
    await expect(button(visitor, "Pause")).to_be_visible()


async def test_a_hidden_tab_draws_nothing_and_catches_up_in_one_step(visitor: Visitor, watch: Watch) -> None:
    await visitor.page.add_init_script(HIDING)
    feeding = await watch()
    drawn = await visitor.page.locator("main").inner_html()
    await visitor.page.evaluate("hide()")
    feeding.accounts(1_000)
    feeding.job("finished", 7)
    await feeding.is_acknowledged()
    assert await visitor.page.locator("main").inner_html() == drawn
    assert await visitor.page.evaluate("unhide()") == 1
    await expect(first_row(visitor)).to_contain_text("user_7_1000")
    await expect(visitor.jobs).to_contain_text("1,000 of 1,000 ✓ verified")


async def test_running_and_failed_jobs_cause_no_layout_shift(visitor: Visitor, watch: Watch) -> None:
    feeding = await watch()
    feeding.accounts(60, seconds=3)
    await expect(visitor.jobs).to_contain_text("min left")
    feeding.job("queued", 8)
    feeding.job("queued", 9)
    await expect(visitor.jobs).to_contain_text("Job 9")
    feeding.job("failed", 9, error=REASON)
    await expect(visitor.jobs).to_contain_text(REASON)
    feeding.job("queued", 10)
    await expect(visitor.jobs).to_contain_text("and 2 more")
    feeding.accounts(940)
    feeding.job("finished", 7)
    await expect(visitor.jobs).to_contain_text("1,000 of 1,000 ✓ verified")
    await expect(visitor.jobs).not_to_contain_text("Job 7")
    await expect(visitor.jobs).to_contain_text(REASON)
    assert await visitor.page.evaluate(SHIFTS) == []


async def test_progress_bars_have_names_and_values(visitor: Visitor, watch: Watch) -> None:
    feeding = await watch()
    feeding.job("queued", 8, total=500)
    feeding.accounts(60, total=500)
    for name, value in [("Progress of job 7", "60"), ("Progress of job 8", "0")]:
        bar: Any = expect(visitor.page.get_by_role("progressbar", name=name))
        await bar.to_have_attribute("value", value)
        await bar.to_have_attribute("max", "500")


async def test_many_accounts_add_no_elements_to_the_page(visitor: Visitor, watch: Watch) -> None:
    feeding = await watch()
    feeding.accounts(100, total=3_100)
    await expect(first_row(visitor)).to_contain_text("user_7_100")
    elements = await visitor.page.locator("*").count()
    for job in range(100, 110):
        feeding.job("started", job, total=300)
        feeding.accounts(300, job=job, total=300)
        feeding.job("finished", job, total=300)
    await expect(first_row(visitor)).to_contain_text("user_109_300")
    assert await visitor.page.locator("*").count() == elements
