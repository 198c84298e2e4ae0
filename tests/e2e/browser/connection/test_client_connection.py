"""The browser client against a scripted server: its reaction to each message and close code."""

import re

import pytest
import pytest_asyncio
from playwright.async_api import WebSocketRoute, expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.visitor import Visitor
from tests.support.clients.scripted_server import ScriptedServer
from tests.support.services.service import Service
from tests.support.waiting import wait_until_async

pytestmark = pytest.mark.asyncio(loop_scope="package")

# Keeps all words of the status. The first wait for a new connection takes its longest, a second.
WITHOUT_NETWORK = """() => {
  Object.defineProperty(navigator, "onLine", { value: false, configurable: true });
  Math.random = () => 1;
  window.seen = [];
  const words = document.querySelector(".status-words");
  new MutationObserver(() => seen.push(words.textContent)).observe(words, { childList: true });
}"""


class Server(ScriptedServer):
    """A scripted server behind the socket of one page."""

    _socket: WebSocketRoute

    def accept(self, socket: WebSocketRoute) -> None:
        self._socket = socket
        socket.on_message(self.hear)
        self.answer(socket.url, socket.send)

    async def end(self, code: int) -> None:
        await self._socket.close(code=code)


@pytest_asyncio.fixture(loop_scope="package")
async def server() -> Server:
    return Server()


@pytest_asyncio.fixture(loop_scope="package")
async def visitor(service: Service, visit: Visit, server: Server) -> Visitor:
    """Shows the list of users. From the next load on, the scripted server answers its socket."""
    visitor = await visit(service)
    await visitor.page.route_web_socket(re.compile("/ws/users/"), server.accept)
    return visitor


async def test_a_catch_up_shows_the_events_to_go_and_acknowledges_them(visitor: Visitor, server: Server) -> None:
    server.script = lambda server, number: server.greet(ahead=1_204)
    await visitor.page.reload()
    await visitor.sees_status(r"^Catching up \(1,204 events to go\)$")
    start = server.after
    server.send_users(start + 1, start + 2)
    await visitor.sees_status(r"^Catching up \(1,202 events to go\)$")
    server.send_users(start + 2, start + 1_204)
    await visitor.sees_status("^Live$")
    assert (await visitor.usernames())[:3] == [f"u{start + one}" for one in (1_204, 2, 1)]
    await wait_until_async(lambda: server.told and server.told[-1] == {"type": "ack", "offset": start + 1_204})


async def test_the_page_resumes_at_its_cursor(visitor: Visitor, server: Server) -> None:
    await visitor.page.reload()
    await visitor.sees_status("^Live$")
    start = server.after
    server.send_users(start + 1, start + 2)
    await expect(visitor.page.locator("#board tbody tr").first).to_contain_text(f"u{start + 2}")
    await server.end(4008)
    await wait_until_async(lambda: len(server.asked) == 2)
    assert server.asked[1] == {"after": str(start + 2), "epoch": server.asked[0]["epoch"]}
    await visitor.sees_status("^Live$")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (4500, "did not accept"),
        (4501, "^Signed out$"),
        (4503, "no longer have permission to see users"),
        (4504, "too many pages"),
    ],
)
async def test_the_page_does_not_reconnect_after_a_final_close_code(
    visitor: Visitor, server: Server, code: int, words: str
) -> None:
    await visitor.page.reload()
    await visitor.sees_status("^Live$")
    await server.end(code)
    await visitor.sees_status(words)
    await visitor.page.evaluate("dispatchEvent(new Event('online'))")
    await visitor.sees_status(words)
    assert len(server.asked) == 1
    await expect(visitor.page.get_by_role("link", name="Sign in")).to_be_visible(visible=code == 4501)


async def test_the_page_reconnects_when_the_server_is_silent(visitor: Visitor, server: Server) -> None:
    server.script = lambda server, number: server.greet(heartbeat_s=0.1 if number == 1 else 15)
    await visitor.page.reload()
    await wait_until_async(lambda: len(server.asked) == 2)
    await visitor.sees_status("^Live$")


async def test_the_page_reconnects_when_an_idle_servers_head_is_ahead(visitor: Visitor, server: Server) -> None:
    server.script = lambda server, number: server.greet(heartbeat_s=60)
    await visitor.page.reload()
    await visitor.sees_status("^Live$")
    start = server.after
    server.send("heartbeat", head=start + 5)
    await wait_until_async(lambda: len(server.asked) == 2)
    assert server.after == start


async def test_the_page_reconnects_at_its_cursor_when_a_batch_leaves_a_gap(visitor: Visitor, server: Server) -> None:
    await visitor.page.reload()
    await visitor.sees_status("^Live$")
    start = server.after
    server.send_users(start + 1)
    server.send_users(start + 5)
    await wait_until_async(lambda: len(server.asked) == 2)
    assert server.after == start + 1
    assert f"u{start + 5}" not in await visitor.usernames()


async def test_a_reset_reloads_the_page_and_a_second_reset_waits(visitor: Visitor, server: Server) -> None:
    def reset(server: Server, number: int) -> None:
        server.greet()
        server.send("reset", epoch=server.asked[-1]["epoch"], head=0, reason="trimmed")

    server.script = reset
    await visitor.page.clock.install()
    await visitor.page.reload()
    await wait_until_async(lambda: len(server.asked) == 2)
    await visitor.sees_status("^Reloading, nothing is lost$")
    await visitor.page.clock.fast_forward(3_000)
    assert len(server.asked) == 2
    await visitor.page.clock.fast_forward(8_000)
    await wait_until_async(lambda: len(server.asked) == 3)


async def test_an_unknown_message_is_ignored(visitor: Visitor, server: Server) -> None:
    await visitor.page.reload()
    await visitor.sees_status("^Live$")
    server.send("weather", sky="blue")
    server.send_users(server.after + 1)
    await expect(visitor.page.locator("#board tbody tr").first).to_contain_text(f"u{server.after + 1}")


async def test_without_a_network_the_page_still_reconnects_to_a_server_on_this_machine(
    visitor: Visitor, server: Server
) -> None:
    await visitor.page.reload()
    await visitor.sees_status("^Live$")
    await visitor.page.evaluate(WITHOUT_NETWORK)
    server.script = lambda server, number: None
    await server.end(4000)
    await visitor.sees_status("^Reconnecting.*, nothing is lost$")
    server.script = lambda server, number: server.greet()
    await visitor.page.evaluate("delete navigator.onLine; dispatchEvent(new Event('online'))")
    await visitor.sees_status("^Live$")
    assert "Offline" not in await visitor.page.evaluate("seen")
