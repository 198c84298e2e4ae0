"""A page that imports the modules of the browser client one by one, as `js(name)`."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.e2e.browser.conftest import Launch, visiting
from tests.e2e.browser.visitor import Visitor
from tests.support.services.service import Service

ADDRESS_OF = "js = (name) => new URL(`../../${name}.js`, document.querySelector('link[rel=stylesheet]').href).href"


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def visitor(shared_service: Service, launch: Launch) -> AsyncIterator[Visitor]:
    """One page for all tests of a file, because modules keep no state outside the objects that a test makes."""
    async with visiting(launch) as visit:
        visitor = await visit(shared_service, name="")
        await visitor.page.add_init_script(ADDRESS_OF)
        await visitor.page.goto("/accounts/login/")
        yield visitor
