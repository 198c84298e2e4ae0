"""axe finds nothing on any page, light and dark, wide and narrow."""

import asyncio
from collections.abc import Iterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.e2e.conftest import Arrive
from tests.e2e.walk import every_page
from tests.proxy import Proxy
from tests.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHONE = {"width": 390, "height": 844}
SCREEN = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def service(chromium: str) -> Iterator[Service]:
    """It writes down each form that it does not accept."""
    with Service(environment={"HEARTBEAT_SECONDS": "1"}, may_complain=True) as service:
        yield service


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [SCREEN, PHONE], ids=["screen", "phone"])
async def test_axe_finds_nothing_on_any_page(
    service: Service, arrive: Arrive, scheme: str, viewport: dict[str, int]
) -> None:
    async with Proxy(service.port) as proxy:
        visitor = await arrive(service, name="", address=proxy.address, color_scheme=scheme, viewport=viewport)
        async for page in every_page(service, proxy, visitor):
            results = await Axe().run(visitor.page)
            assert results.violations_count == 0, f"{page}: {results.generate_report()}"


async def test_the_first_tab_stop_leads_past_the_header_and_every_stop_is_visible(
    service: Service, arrive: Arrive
) -> None:
    visitor = await arrive(service)
    await visitor.page.goto("/users/")
    await visitor.page.keyboard.press("Tab")
    focused = visitor.page.locator(":focus")
    await expect(focused).to_have_text("Skip to the content")
    for name in ["Arrivals", "Users", "Generate", "Jobs", "operator"]:
        await visitor.page.keyboard.press("Tab")
        await expect(focused).to_contain_text(name)
        assert await focused.evaluate("(element) => getComputedStyle(element).outlineStyle") == "solid"


async def test_the_state_of_the_connection_is_spoken(service: Service, arrive: Arrive) -> None:
    visitor = await arrive(service)
    await expect(visitor.page.get_by_role("status")).to_have_text("Live", timeout=10_000)
    await asyncio.to_thread(service.manage, "generate", "50")
    await expect(visitor.page.get_by_role("progressbar")).to_have_attribute("value", "50")
