"""A page of another site follows the feed with the pages' own module and a token, in Chromium."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Route

from tests.e2e.conftest import Arrive
from tests.e2e.visitor import Visitor
from tests.service import ROOT, Service
from tests.waiting import wait_until_async

pytestmark = pytest.mark.asyncio(loop_scope="module")

SITE = "http://another.localhost:1"
MODULES = ROOT / "static" / "js"
FOLLOW = """async ([url, token]) => {
  const { Connection, Cursor } = await import("/connection.js");
  window.seen = [];
  window.cursor = new Cursor();
  window.connection = new Connection(url, cursor, { token, onEvent: (event) => seen.push(event.type) });
  connection.start();
}"""


async def serve(route: Route) -> None:
    """The other site: an empty page, and copies of the modules."""
    file = MODULES / Path(route.request.url).name
    if file.is_file():
        await route.fulfill(body=file.read_text(), content_type="text/javascript")
    else:
        await route.fulfill(body="<!doctype html><title>Another site</title>", content_type="text/html")


@pytest.fixture
def address(service: Service) -> str:
    return f"{service.address}/ws/users/"


async def visit(arrive: Arrive, service: Service) -> Visitor:
    visitor = await arrive(service, name="", address=SITE)
    await visitor.page.route(f"{SITE}/**", serve)
    await visitor.page.goto("/")
    return visitor


async def test_a_page_of_another_site_follows_with_a_token(service: Service, arrive: Arrive, address: str) -> None:
    visitor = await visit(arrive, service)
    token = service.manage("token", "operator").stdout.strip()
    await visitor.page.evaluate(FOLLOW, [address, token])
    await visitor.page.wait_for_function("connection.link.phase === 'live'")
    service.manage("generate", "50")
    await visitor.page.wait_for_function("seen.at(-1) === 'job.finished'")
    seen = await visitor.page.evaluate("seen")
    assert seen == ["job.queued", "job.started", *["user.created"] * 50, "job.finished"]
    state = json.loads(await visitor.page.evaluate("JSON.stringify(cursor)"))
    assert state["offset"] == len(seen)


async def test_a_page_of_another_site_sees_nothing_with_a_wrong_token(
    service: Service, arrive: Arrive, address: str
) -> None:
    visitor = await visit(arrive, service)
    await visitor.page.evaluate(FOLLOW, [address, "arr_wrong"])
    await wait_until_async(lambda: visitor.page.evaluate("connection.link.phase === 'ended'"))
    assert await visitor.page.evaluate("connection.link.code") == 4501
