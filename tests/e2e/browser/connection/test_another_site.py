"""A page of another site follows the feed with our client modules and a token, as docs/clients describes."""

import asyncio
import re
import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import pytest_asyncio
from playwright.async_api import WebSocket

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.visitor import Visitor
from tests.support.clients.client_programs import CLIENTS
from tests.support.services.program import Program
from tests.support.services.proxy import Proxy
from tests.support.services.service import ROOT, Service
from tests.support.waiting import wait_until_async

pytestmark = pytest.mark.asyncio(loop_scope="package")

PAGE = (CLIENTS / "README.md").read_text().partition("## JavaScript")[2].partition("## curl")[0]
EXAMPLE = PAGE.partition("```js\n")[2].partition("```")[0]
FOLLOW = """async ([url, token]) => {
  const { Connection, Cursor } = await import("/connection.js");
  window.seen = [];
  window.cursor = new Cursor();
  window.connection = new Connection(url, cursor, { token, onEvent: (event) => seen.push(event.type) });
  connection.start();
}"""

RUN_EXAMPLE = """async (token) => {
  window.token = token;
  window.tries = 0;
  window.loadSnapshot = async () => {
    tries += 1;
    if (tries === 1) {
      throw new Error("no snapshot yet");
    }
    return ownServer();
  };
  await import("/example.js");
}"""


class Files(SimpleHTTPRequestHandler):
    """Serves the files of the other site. Their listing is its page."""

    def log_message(self, *given: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(shared_service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serves copies of the modules that docs/clients names, and its example."""
    folder: Path = tmp_path_factory.mktemp("site")
    for name in set(re.findall(r"\w+\.js\b", PAGE)):
        shutil.copy(ROOT / "static" / "realtime" / name, folder)
    (folder / "example.js").write_text(EXAMPLE.replace("https://arrivals.example", shared_service.address))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def address(service: Service) -> str:
    return f"{service.address}/ws/users/"


@pytest_asyncio.fixture(loop_scope="package")
async def visitor(service: Service, visit: Visit, site: str) -> Visitor:
    visitor = await visit(service, name="", address=site)
    visitor.may_be_refused = True  # Chromium requests a favicon.
    await visitor.page.goto("/")
    return visitor


async def test_a_page_of_another_site_follows_with_a_token_across_a_cut(service: Service, visitor: Visitor) -> None:
    visitor.may_be_cut_off = True
    token = service.manage("token", "operator").stdout.strip()
    async with Proxy(service.port, overhears=True) as proxy:
        await visitor.page.evaluate(FOLLOW, [f"{proxy.address}/ws/users/", token])
        await visitor.page.wait_for_function("connection.link.phase === 'live'")
        start = await visitor.page.evaluate("cursor.offset")
        proxy.is_refusing = True
        proxy.cut()
        await asyncio.to_thread(service.manage, "generate", "50")
        proxy.is_refusing = False
        await visitor.page.wait_for_function("seen.at(-1) === 'job.finished'")
    seen = await visitor.page.evaluate("seen")
    assert seen == ["job.queued", "job.started", *["user.created"] * 50, "job.finished"]
    assert await visitor.page.evaluate("cursor.offset") == start + len(seen)


async def test_the_documented_example_continues_from_a_snapshot_after_a_reset(
    service: Service, visitor: Visitor
) -> None:
    """Also if the first snapshot fails to load. The example logs every event to the console."""
    program, sockets = Program(service), list[WebSocket]()
    visitor.page.on("websocket", lambda socket: socket.on("framereceived", lambda _: sockets.append(socket)))
    await visitor.page.expose_function("ownServer", lambda: program.get("/api/users?limit=1").json)
    await visitor.page.evaluate(RUN_EXAMPLE, program.token)
    await wait_until_async(lambda: sockets)
    await asyncio.to_thread(service.manage, "new_epoch", "--yes")
    await visitor.page.wait_for_function("tries === 2")
    await asyncio.to_thread(service.manage, "generate", "50")
    await wait_until_async(lambda: "log: job.finished undefined" in visitor.complaints)
    assert "error: Error: no snapshot yet" in visitor.complaints[0]
    event_types = [line.split()[1] for line in visitor.complaints[1:]]
    assert event_types == ["job.queued", "job.started", *["user.created"] * 50, "job.finished"]
    visitor.complaints.clear()


async def test_a_page_of_another_site_is_refused_with_an_invalid_token(visitor: Visitor, address: str) -> None:
    await visitor.page.evaluate(FOLLOW, [address, "arr_wrong"])
    await wait_until_async(lambda: visitor.page.evaluate("connection.link.phase === 'ended'"))
    assert await visitor.page.evaluate("connection.link.code") == 4501


async def test_a_page_may_stop_a_connection_before_it_is_open(service: Service, visitor: Visitor, address: str) -> None:
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
