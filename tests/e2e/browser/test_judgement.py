"""Twenty thousand accounts: no layout shift, no growth, no difference between windows; and no name breaks a row."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.visitor import Visitor
from tests.support.services.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="package")

MANY = 20_000
PHONE = {"width": 390, "height": 844}
SCREEN = {"width": 1280, "height": 800}
OBSERVE = """
  window.observed = { moved: [], longTasksMs: [] };
  new PerformanceObserver((list) => list.getEntries().forEach(({ sources }) =>
    observed.moved.push(sources.map(({ node }) => node?.outerHTML?.slice(0, 60) ?? node?.textContent))
  )).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => observed.longTasksMs.push(entry.duration)))
    .observe({ type: "longtask" });
"""
NODES = "document.getElementsByTagName('*').length"
ROW_HEIGHTS = """[...new Set([...document.querySelectorAll("#board tbody tr")]
  .map((row) => row.getBoundingClientRect().height).filter((height) => height > 0))]"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

NAMES = {
    "arabic with marks of direction": "\u200fمحمد\u200e بن \u202bعبد الله\u202c " * 8,
    "overridden direction": "\u202egnp.exe" * 20,
    "isolates that never end": "\u2067שמש" * 37,
    "combining": "e\u0301o\u0308" * 37,
    "zalgo": "Z" + "".join(map(chr, range(0x300, 0x36F))) + "algo",
    "emoji in one family": "👩‍👩‍👧‍👦" * 21,
    "chinese, japanese, korean": "漢字かなカナ한글" * 18,
    "devanagari and thai": "नमस्तेสวัสดีน้ำ" * 10,
    "tall tibetan": "རྒྱ་མཚོ" * 20,
    "no place to break": "W" * 150,
    "spaces and lines": "a  b\tc\nd e\u2028f\u2029g " * 12,
    "invisible": "\u200b\u2060\ufeff" * 50,
}
EIGHT_JOBS = "from task.jobs.start import start_job; [start_job(total=1) for _ in range(8)]"
MAKE = """
from django.contrib.auth.models import User
for name in {names!r}: User.objects.create(username=name, email=name + "@example.com")
"""


async def total_on(visitor: Visitor) -> int:
    return int((await visitor.total.inner_text()).replace(",", ""))


async def make_accounts(service: Service, visitor: Visitor, number: int) -> None:
    before = await total_on(visitor)
    await asyncio.to_thread(service.manage, "generate", str(number))
    await visitor.sees_total(before + number)


async def heap_bytes(visitor: Visitor) -> float:
    protocol = await visitor.page.context.new_cdp_session(visitor.page)
    await protocol.send("HeapProfiler.collectGarbage")
    usage = await protocol.send("Runtime.getHeapUsage")
    await protocol.detach()
    return float(usage["usedSize"])


async def wait_until_at_rest(visitor: Visitor) -> None:
    await expect(visitor.jobs.get_by_text("No jobs running.")).to_be_visible()
    await expect(visitor.page.locator("tr.fresh")).to_have_count(0)


@pytest.mark.parametrize("viewport", [SCREEN, PHONE], ids=["screen", "phone"])
async def test_twenty_thousand_accounts_cause_no_layout_shift_and_no_growth(
    service: Service, visit: Visit, viewport: dict[str, int]
) -> None:
    visitor = await visit(service, viewport=viewport)
    await visitor.page.add_init_script(OBSERVE)
    await visitor.page.reload()
    await visitor.sees_status("^Live$")
    await make_accounts(service, visitor, 2_000)
    await wait_until_at_rest(visitor)
    nodes, heap = await visitor.page.evaluate(NODES), await heap_bytes(visitor)

    await visitor.page.evaluate("observed.longTasksMs.length = 0")
    await make_accounts(service, visitor, MANY)
    assert await visitor.page.evaluate(NODES) <= nodes + 20
    await wait_until_at_rest(visitor)
    observed: dict[str, Any] = await visitor.page.evaluate("observed")
    print(f"Tasks over 50 ms while {MANY:,} arrived: {observed['longTasksMs']}")
    assert observed["moved"] == []
    assert await visitor.page.evaluate(NODES) == nodes
    assert await heap_bytes(visitor) < 1.5 * heap


@pytest.mark.parametrize("viewport", [SCREEN, PHONE], ids=["screen", "phone"])
async def test_the_first_job_id_with_one_more_digit_causes_no_layout_shift(
    visit: Visit, viewport: dict[str, int]
) -> None:
    with Service() as service:
        await asyncio.to_thread(service.manage, "shell", "-c", EIGHT_JOBS)
        visitor = await visit(service, viewport=viewport)
        await visitor.sees_total(1 + 8)
        await make_accounts(service, visitor, 50)
        await wait_until_at_rest(visitor)
        await visitor.page.evaluate(OBSERVE.replace("buffered: true", "buffered: false"))
        await make_accounts(service, visitor, 50)
        await expect(visitor.page.locator("#board tbody tr").first).to_contain_text("10")
        await wait_until_at_rest(visitor)
        assert await visitor.page.evaluate("observed.moved") == []
        await visitor.page.close()  # before its service stops, because the page would complain


async def test_two_windows_show_the_same_users_at_the_end(service: Service, visit: Visit) -> None:
    left = await visit(service)
    right = await visit(service, viewport=PHONE)
    await asyncio.gather(left.sees_status("^Live$"), right.sees_status("^Live$"))
    await make_accounts(service, left, MANY)
    await right.sees_total(await total_on(left))
    await asyncio.gather(wait_until_at_rest(left), wait_until_at_rest(right))
    assert await left.usernames() == await right.usernames()
    await left.page.reload()
    assert await left.usernames() == await right.usernames()


@pytest.mark.parametrize("viewport", [SCREEN, PHONE], ids=["screen", "phone"])
async def test_a_name_in_any_script_and_direction_breaks_no_row(
    service: Service, visit: Visit, viewport: dict[str, int]
) -> None:
    visitor = await visit(service, viewport=viewport)
    await visitor.sees_status("^Live$")
    await make_accounts(service, visitor, 60)
    height = await visitor.page.evaluate(ROW_HEIGHTS)
    names = [f"{viewport['width']}{name}"[:150] for name in NAMES.values()]
    total = await total_on(visitor)
    await asyncio.to_thread(service.manage, "shell", "-c", MAKE.format(names=names))
    await visitor.sees_total(total + len(names))
    for is_fresh_page in (False, True):
        if is_fresh_page:
            await visitor.page.reload()
            await visitor.sees_status("^Live$")
        shown = await visitor.page.locator("#board tbody .row-username").evaluate_all(
            "(cells) => cells.map((cell) => cell.textContent)"
        )
        assert shown[: len(names)] == names[::-1]
        assert len(height) == 1
        assert await visitor.page.evaluate(ROW_HEIGHTS) == height
        assert await visitor.page.evaluate(OVERFLOW) == 0
