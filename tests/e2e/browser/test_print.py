"""Printed pages: black on white, without controls."""

import pytest
from playwright.async_api import expect

from tests.e2e.browser.conftest import Visit
from tests.support.services.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="package")

INK = """() => [...document.querySelectorAll("body, body *")].filter((element) => element.checkVisibility())
  .flatMap((element) => [getComputedStyle(element).color, getComputedStyle(element).backgroundColor])"""
PAPER = {"rgb(0, 0, 0)", "rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}


async def test_the_board_is_printed_black_on_white_and_without_buttons(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    await visitor.generate(60)
    # Does not wait for the job to appear: it may end before the page is rendered, which then never shows it.
    await expect(visitor.jobs.get_by_text("No jobs running.")).to_be_visible()
    await expect(visitor.page.locator("tr.fresh")).to_have_count(0)
    for scheme in ("light", "dark"):
        await visitor.page.emulate_media(media="print", color_scheme=scheme)
        await expect(visitor.page.get_by_role("button")).to_have_count(0)
        await expect(visitor.page.get_by_role("navigation")).to_have_count(0)
        await expect(visitor.page.get_by_role("table")).to_be_visible()
        assert set(await visitor.page.evaluate(INK)) <= PAPER
