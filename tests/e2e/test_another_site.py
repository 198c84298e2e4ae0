"""A page of another site follows the feed with the pages' own module and a token, in Chromium."""

import asyncio
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import pytest_asyncio

from tests.e2e.conftest import Arrive
from tests.e2e.visitor import Visitor
from tests.service import ROOT, Service
from tests.waiting import wait_until_async

pytestmark = pytest.mark.asyncio(loop_scope="package")

FOLLOW = """async ([url, token]) => {
  const { Connection, Cursor } = await import("/connection.js");
  window.seen = [];
  window.cursor = new Cursor();
  window.connection = new Connection(url, cursor, { token, onEvent: (event) => seen.push(event.type) });
  connection.start();
}"""


class Files(SimpleHTTPRequestHandler):
    """Copies of the modules; the list of them is the site's page."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given, directory=str(ROOT / "static" / "js"))

    def log_message(self, *given: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def address(service: Service) -> str:
    return f"{service.address}/ws/users/"


@pytest_asyncio.fixture(loop_scope="package")
async def visitor(service: Service, arrive: Arrive, site: str) -> Visitor:
    visitor = await arrive(service, name="", address=site)
    visitor.may_be_refused = True  # Chromium asks for a favicon.
    await visitor.page.goto("/")
    return visitor


async def test_a_page_of_another_site_follows_with_a_token(service: Service, visitor: Visitor, address: str) -> None:
    token = service.manage("token", "operator").stdout.strip()
    await visitor.page.evaluate(FOLLOW, [address, token])
    await visitor.page.wait_for_function("connection.link.phase === 'live'")
    start = await visitor.page.evaluate("cursor.offset")
    service.manage("generate", "50")
    await visitor.page.wait_for_function("seen.at(-1) === 'job.finished'")
    seen = await visitor.page.evaluate("seen")
    assert seen == ["job.queued", "job.started", *["user.created"] * 50, "job.finished"]
    assert await visitor.page.evaluate("cursor.offset") == start + len(seen)


async def test_a_page_of_another_site_sees_nothing_with_a_wrong_token(visitor: Visitor, address: str) -> None:
    await visitor.page.evaluate(FOLLOW, [address, "arr_wrong"])
    await wait_until_async(lambda: visitor.page.evaluate("connection.link.phase === 'ended'"))
    assert await visitor.page.evaluate("connection.link.code") == 4501


async def test_a_page_may_stop_a_connection_that_is_only_being_made(
    service: Service, visitor: Visitor, address: str
) -> None:
    """Chromium reports a socket that is closed before it is open."""
    token = await asyncio.to_thread(service.manage, "token", "operator")
    async with visitor.page.expect_websocket() as made:
        await visitor.page.evaluate(
            f"async (given) => {{ await ({FOLLOW})(given); connection.stop(); }}", [address, token.stdout.strip()]
        )
    socket = await made.value
    await wait_until_async(socket.is_closed)
    assert await visitor.page.evaluate("connection.link.code") == "stopped"
    assert await visitor.page.evaluate("cursor.offset") is None
