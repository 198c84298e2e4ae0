"""Every page in every state of it: axe finds nothing, light and dark, wide and narrow; nothing is too wide for its
room, be it a small phone or 200 % on a screen; and on a phone every target is large enough for a finger.
"""

from collections.abc import Iterator

import pytest
from axe_playwright_python.async_playwright import Axe

from tests.e2e.browser.conftest import Arrive
from tests.e2e.browser.visitor import Visitor
from tests.e2e.browser.walk import every_page
from tests.support.proxy import Proxy
from tests.support.service import Service

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(400)]

SCREEN = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
ROOMS = {"small phone": {"width": 320, "height": 640}, "zoomed": {"width": 640, "height": 400}, "phone": PHONE}
TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  return document.documentElement.scrollWidth <= room ? [] : [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > room).map((element) => element.outerHTML.slice(0, 80));
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, input, select, summary")]
  .filter((element) => element.checkVisibility() && !element.closest("p, .skip") && element.offsetHeight > 1)
  .map((element) => (element.matches("[type=radio], [type=checkbox]") && element.closest("label")) || element)
  .filter((element) => element.offsetHeight < 44).map((element) => element.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def service(chromium: str) -> Iterator[Service]:
    """It writes down each form that it does not accept."""
    with Service(environment={"HEARTBEAT_SECONDS": "1"}, may_complain=True) as service:
        yield service


async def test_every_page_is_right_in_every_look_and_room(service: Service, arrive: Arrive) -> None:
    """One walk, as the way takes longer than the questions; transient states may have gone on for the later ones."""
    async with Proxy(service.port) as proxy:
        visitor = await arrive(service, name="", address=proxy.address, viewport=SCREEN)
        async for page in every_page(service, proxy, visitor):
            faults = [*await faults_of_rooms(visitor), *await faults_of_looks(visitor)]
            await visitor.page.emulate_media(color_scheme="light")
            assert faults == [], page


async def faults_of_rooms(visitor: Visitor) -> list[object]:
    faults: list[object] = []
    for room, size in ROOMS.items():
        await visitor.page.set_viewport_size(size)  # type: ignore[arg-type]
        faults += [(room, "too wide", found) for found in await visitor.page.evaluate(TOO_WIDE)]
    return faults + [("too small", found) for found in await visitor.page.evaluate(SMALL_TARGETS)]


async def faults_of_looks(visitor: Visitor) -> list[object]:
    faults: list[object] = []
    for size in (PHONE, SCREEN):
        await visitor.page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme in ("dark", "light"):
            # Without motion, or the rows would fade from one scheme to the other while they are looked at.
            await visitor.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            results = await Axe().run(visitor.page)
            if results.violations_count:
                faults.append((size, scheme, results.generate_report()))
    return faults
