"""Every page where there is little room: on a phone, and at 200 % on a screen of 1280 x 800."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Arrive
from tests.e2e.walk import every_page
from tests.proxy import Proxy
from tests.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOMS = {
    "phone": {"width": 390, "height": 844},
    "small phone": {"width": 320, "height": 640},
    "zoomed": {"width": 640, "height": 400},
}
TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  return document.documentElement.scrollWidth <= room ? [] : [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > room).map((element) => element.outerHTML.slice(0, 80));
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, input, select, summary")]
  .filter((element) => element.checkVisibility() && !element.closest("p, .skip") && element.offsetHeight > 1)
  .filter((element) => element.offsetHeight < 44).map((element) => element.outerHTML.slice(0, 80))"""
INK = """() => [...document.querySelectorAll("body, body *")].filter((element) => element.checkVisibility())
  .flatMap((element) => [getComputedStyle(element).color, getComputedStyle(element).backgroundColor])"""
PAPER = {"rgb(0, 0, 0)", "rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}


@pytest.fixture(scope="module")
def service(chromium: str) -> Iterator[Service]:
    """It writes down each form that it does not accept."""
    with Service(environment={"HEARTBEAT_SECONDS": "1"}, may_complain=True) as service:
        yield service


@pytest.mark.parametrize("room", ROOMS)
async def test_no_page_has_to_be_scrolled_sideways(service: Service, arrive: Arrive, room: str) -> None:
    async with Proxy(service.port) as proxy:
        visitor = await arrive(service, name="", address=proxy.address, viewport=ROOMS[room])
        async for page in every_page(service, proxy, visitor):
            assert await visitor.page.evaluate(TOO_WIDE) == [], page


async def test_on_a_phone_every_target_is_large_enough_for_a_finger(service: Service, arrive: Arrive) -> None:
    async with Proxy(service.port) as proxy:
        visitor = await arrive(service, name="", address=proxy.address, viewport=ROOMS["phone"])
        async for page in every_page(service, proxy, visitor):
            assert await visitor.page.evaluate(SMALL_TARGETS) == [], page


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_board_is_printed_black_on_white_and_without_buttons(
    service: Service, arrive: Arrive, scheme: Any
) -> None:
    visitor = await arrive(service, color_scheme=scheme)
    await visitor.generate(60)
    # A job may end before its page is rendered, which then never shows it.
    await expect(visitor.jobs.get_by_text("No job is at work.")).to_be_visible(timeout=30_000)
    await expect(visitor.page.locator("tr.fresh")).to_have_count(0)
    await visitor.page.emulate_media(media="print")
    await expect(visitor.page.get_by_role("button")).to_have_count(0)
    await expect(visitor.page.get_by_role("navigation")).to_have_count(0)
    await expect(visitor.page.get_by_role("table")).to_be_visible()
    ink = await visitor.page.evaluate(INK)
    assert set(ink) <= PAPER


async def test_the_admin_has_nothing_to_complain_about(service: Service, arrive: Arrive) -> None:
    visitor = await arrive(service)
    for address in ("/admin/", "/admin/auth/user/"):
        await visitor.page.goto(address)
        await expect(visitor.page.locator("#content")).to_be_visible()
