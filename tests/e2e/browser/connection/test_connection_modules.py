"""The connection module as other programs use it: handlers that fail, stop and start again."""

import re

import pytest
import pytest_asyncio

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.connection.modules import ADDRESS_OF
from tests.e2e.browser.connection.test_client_connection import Server
from tests.e2e.browser.visitor import Visitor
from tests.support.services.service import Service
from tests.support.waiting import wait_until_async

pytestmark = pytest.mark.asyncio(loop_scope="package")

EPOCH = "00000000-0000-4000-8000-000000000001"
START = 100
FOLLOW = """async ([query, epoch, offset, poison]) => {
  const { Connection, Cursor } = await import(js("realtime/connection"));
  window.seen = [];
  const onEvent = (event) => {
    seen.push(event.offset);
    if (event.offset === poison) {
      throw new Error("poison");
    }
  };
  window.connection = new Connection(new URL(`/ws/users/${query}`, location), new Cursor(epoch, offset), { onEvent });
  connection.start();
}"""


@pytest_asyncio.fixture(loop_scope="package")
async def server() -> Server:
    """Its heartbeat interval is so long that no test notices silence."""
    server = Server()
    server.script = lambda server, number: server.greet(heartbeat_s=60)
    return server


@pytest_asyncio.fixture(loop_scope="package")
async def visitor(service: Service, visit: Visit, server: Server) -> Visitor:
    """Shows a page that has no socket itself."""
    visitor = await visit(service, name="")
    await visitor.page.add_init_script(ADDRESS_OF)
    await visitor.page.route_web_socket(re.compile("/ws/users/"), server.accept)
    await visitor.page.goto("/accounts/login/")
    return visitor


@pytest.mark.parametrize("query", ["", "?job=7"])
async def test_events_after_a_failed_handler_are_not_lost(visitor: Visitor, server: Server, query: str) -> None:
    await visitor.page.evaluate(FOLLOW, [query, EPOCH, START, START + 2])
    await wait_until_async(lambda: len(server.asked) == 1)
    server.send_users(START + 1, START + 2, START + 3)
    await wait_until_async(lambda: len(server.asked) == 2)
    assert server.after == START + 2
    server.send_users(START + 1, START + 2, START + 3)
    await visitor.page.wait_for_function("seen.length === 3")
    assert await visitor.page.evaluate("seen") == [START + 1, START + 2, START + 3]
    assert visitor.complaints == ["error: poison"]
    visitor.complaints.clear()


@pytest.mark.parametrize("phase", ["catching up", "waiting"])
async def test_a_stopped_connection_stays_stopped(visitor: Visitor, server: Server, phase: str) -> None:
    await visitor.page.clock.install()
    server.script = lambda server, number: server.greet(ahead=10)
    await visitor.page.evaluate(FOLLOW, ["", EPOCH, START, None])
    await wait_until_async(lambda: len(server.asked) == 1)
    if phase == "waiting":
        await server.end(4000)
    # In one step, because on a slow machine the wait may end and another attempt begin in between.
    stop = "(phase) => connection.link.phase === phase && (connection.stop(), true)"
    await visitor.page.wait_for_function(stop, arg=phase)
    asked = len(server.asked)
    await visitor.page.evaluate("dispatchEvent(new Event('online')); connection.openNow()")
    await visitor.page.clock.fast_forward(120_000)
    assert await visitor.page.evaluate("[connection.link.phase, connection.link.code]") == ["ended", "stopped"]
    assert len(server.asked) == asked


async def test_a_connection_stopped_by_a_handler_can_start_again(visitor: Visitor, server: Server) -> None:
    await visitor.page.evaluate(FOLLOW, ["", EPOCH, START, None])
    await wait_until_async(lambda: len(server.asked) == 1)
    await visitor.page.evaluate("void (seen.push = () => connection.stop())")
    server.send_users(START + 1)
    await visitor.page.wait_for_function("connection.link.code === 'stopped'")
    await visitor.page.evaluate("connection.start()")
    await wait_until_async(lambda: len(server.asked) == 2)
    assert server.after == START + 1
