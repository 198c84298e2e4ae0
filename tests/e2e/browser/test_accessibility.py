"""Keyboard and screen reader: the focus is visible, and changes are announced."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.e2e.browser.conftest import Visit
from tests.support.services.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_the_first_tab_stop_skips_the_header_and_every_stop_is_visible(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    await visitor.page.goto("/users/")
    await visitor.page.keyboard.press("Tab")
    focused = visitor.page.locator(":focus")
    await expect(focused).to_have_text("Skip to the content")
    for name in ["Arrivals", "Users", "Generate", "Jobs", "operator"]:
        await visitor.page.keyboard.press("Tab")
        await expect(focused).to_contain_text(name)
        assert await focused.evaluate("(element) => getComputedStyle(element).outlineStyle") == "solid"


async def test_the_state_of_the_connection_is_announced(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    await expect(visitor.page.get_by_role("status")).to_have_text("Live")
    await asyncio.to_thread(service.manage, "generate", "50")
    await expect(visitor.page.get_by_role("progressbar")).to_have_attribute("value", "50")
