"""Every page in every state: axe finds no fault in light and dark, wide and narrow. No page is wider than a small
phone or a screen at 200 %, and on a phone every target is large enough for a finger.
"""

from collections.abc import Iterator

import pytest
from axe_playwright_python.async_playwright import Axe

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.visitor import Visitor
from tests.e2e.browser.walk import every_page
from tests.support.services.proxy import Proxy
from tests.support.services.service import Service

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(3600)]

SCREEN = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
SIZES = {"small phone": {"width": 320, "height": 640}, "zoomed": {"width": 640, "height": 400}, "phone": PHONE}
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
    """A service that may complain, because it logs each form that it refuses."""
    with Service(environment={"HEARTBEAT_SECONDS": "1"}, may_complain=True) as service:
        yield service


async def test_every_page_is_accessible_and_fits_in_every_colour_scheme_and_size(
    service: Service, visit: Visit
) -> None:
    """One walk for all checks, because the walk takes longer. Transient states may end before the later checks."""
    async with Proxy(service.port) as proxy:
        visitor = await visit(service, name="", address=proxy.address, viewport=SCREEN)
        async for page in every_page(service, proxy, visitor):
            faults = [*await faults_of_sizes(visitor), *await faults_of_colour_schemes(visitor)]
            await visitor.page.emulate_media(color_scheme="light")
            assert faults == [], page


async def faults_of_sizes(visitor: Visitor) -> list[object]:
    faults: list[object] = []
    for name, size in SIZES.items():
        await visitor.page.set_viewport_size(size)  # type: ignore[arg-type]
        faults += [(name, "too wide", found) for found in await visitor.page.evaluate(TOO_WIDE)]
    return faults + [("too small", found) for found in await visitor.page.evaluate(SMALL_TARGETS)]


async def faults_of_colour_schemes(visitor: Visitor) -> list[object]:
    faults: list[object] = []
    for size in (PHONE, SCREEN):
        await visitor.page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme in ("dark", "light"):
            # Without motion, because rows would fade from one scheme to the other during the check.
            await visitor.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            results = await Axe().run(visitor.page)
            if results.violations_count:
                faults.append((size, scheme, results.generate_report()))
    return faults
