"""A page from which the modules of the browser client are imported one by one, as `js(name)`."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.e2e.browser.conftest import Launch, arriving
from tests.e2e.browser.visitor import Visitor
from tests.support.service import Service

ADDRESS_OF = "js = (name) => new URL(`../../${name}.js`, document.querySelector('link[rel=stylesheet]').href).href"


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def visitor(shared_service: Service, launch: Launch) -> AsyncIterator[Visitor]:
    """One for all tests of a file: what they import keeps nothing outside the objects that each test makes."""
    async with arriving(launch) as arrive:
        visitor = await arrive(shared_service, name="")
        await visitor.page.add_init_script(ADDRESS_OF)
        await visitor.page.goto("/accounts/login/")
        yield visitor
