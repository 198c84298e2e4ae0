"""Scripts that fail to load or to run: the page shows that it is not live, and how to continue."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.visitor import Visitor
from tests.support.services.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="package")

FAILED = "^Not live: this page failed. Reload it to continue.$"
THROWS = 'throw new Error("broken on purpose");'


async def assert_the_page_is_usable(visitor: Visitor, service: Service) -> None:
    await asyncio.to_thread(service.manage, "generate", "50")
    await expect(visitor.page.get_by_role("link", name="Generate").first).to_be_visible()
    assert len(await visitor.usernames()) >= 1


@pytest.mark.parametrize("module", ["users", "words", "connection"])
async def test_a_module_that_cannot_be_loaded_leaves_the_page_not_live(
    service: Service, visit: Visit, module: str
) -> None:
    visitor = await visit(service)
    await visitor.page.route(f"**/{module}.js", lambda route: route.abort())
    await visitor.page.reload()
    await visitor.sees_status("^Not live. Reload to update.$")
    await assert_the_page_is_usable(visitor, service)
    await visitor.page.unroute_all()
    await visitor.page.reload()
    await visitor.sees_status("^Live$")
    visitor.complaints.clear()


@pytest.mark.parametrize("module", ["users", "words"])
async def test_a_module_that_throws_while_it_loads_leaves_the_page_not_live(
    service: Service, visit: Visit, module: str
) -> None:
    visitor = await visit(service)
    await visitor.page.route(
        f"**/{module}.js", lambda route: route.fulfill(body=THROWS, content_type="text/javascript")
    )
    await visitor.page.reload()
    await visitor.sees_status(FAILED)
    await assert_the_page_is_usable(visitor, service)
    visitor.complaints.clear()


async def test_a_late_script_error_shows_not_live_until_a_reload(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    await visitor.sees_status("^Live$")
    total = int((await visitor.total.inner_text()).replace(",", ""))
    await visitor.page.evaluate(f"void setTimeout(() => {{ {THROWS} }})")
    await visitor.sees_status(FAILED)
    await asyncio.to_thread(service.manage, "generate", "50")
    await visitor.sees_total(total + 50)
    await visitor.sees_status(FAILED)
    await expect(visitor.page.get_by_role("status")).to_have_text(re.compile(FAILED))
    await visitor.page.reload()
    await visitor.sees_status("^Live$")
    visitor.complaints.clear()
