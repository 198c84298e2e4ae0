"""A whole visit by keyboard alone: every focus is visible, and nothing needs a mouse."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.stored import usernames
from tests.e2e.browser.visitor import Visitor
from tests.support.services.service import LINK, Service

pytestmark = pytest.mark.asyncio(loop_scope="package")

STOPS = 40
FOCUSED = """() => {
  const { innerText, value, ariaLabel } = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return [innerText || value || ariaLabel || "", `${outlineStyle} ${outlineWidth}`];
}"""


async def tab_to(visitor: Visitor, name: str) -> None:
    """Presses Tab up to the element. Every stop on the way must have a visible outline."""
    for _ in range(STOPS):
        await visitor.page.keyboard.press("Tab")
        text, outline = await visitor.page.evaluate(FOCUSED)
        assert outline == "solid 3px", f"The stop {text!r} has the outline {outline!r}"
        if name in text:
            return
    raise AssertionError(f"{name!r} is not among the first {STOPS} stops")


async def go_to(visitor: Visitor, name: str, address: str) -> None:
    await tab_to(visitor, name)
    await visitor.page.keyboard.press("Enter")
    await visitor.page.wait_for_url(re.compile(address))


async def test_a_visit_from_sign_in_to_sign_out_needs_only_the_keyboard(service: Service, visit: Visit) -> None:
    visitor, before = await visit(service, name=""), len(usernames(service))
    printed = await asyncio.to_thread(service.manage, "link")
    found = LINK.search(printed.stdout)
    assert found
    await visitor.page.goto(found.group())
    await expect(visitor.page.get_by_role("button", name="Sign in")).to_be_focused()
    await visitor.page.keyboard.press("Enter")
    await visitor.sees_status("^Live$")
    keyboard = visitor.page.keyboard

    await go_to(visitor, "Generate", "/generate/")
    await expect(visitor.page.get_by_label("How many users?")).to_be_focused()
    await keyboard.press("Control+a")
    await keyboard.type("120")
    await keyboard.press("Enter")
    await visitor.page.wait_for_url(re.compile("/users/$"))
    await visitor.sees_total(before + 120)

    await tab_to(visitor, "Skip to the content")
    await keyboard.press("Enter")
    await go_to(visitor, "Older", r"before=\d+")
    await go_to(visitor, "Newest", r"/users/\??$")

    await tab_to(visitor, "operator")
    await keyboard.press("Enter")
    await go_to(visitor, "Sign out", "/accounts/login/")
    await expect(visitor.page.get_by_label("Username")).to_be_focused()
