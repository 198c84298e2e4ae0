"""Actions on jobs: cancel, retry and undo in one browser, shown in every other."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.stored import rows
from tests.e2e.browser.test_first_minute import SHIFTS
from tests.e2e.browser.visitor import Visitor
from tests.support.services.service import Service
from tests.support.waiting import wait_until_async

pytestmark = pytest.mark.asyncio(loop_scope="package")

IMPORTS = """
from uuid import uuid4
from django.utils import timezone
from task.jobs import actions, leases
from task.jobs.start import start_job
from task.models import *
"""
# A job whose message is sent only by DISPATCH, as if it waited in a long queue: rescue waits five minutes.
QUEUE = (
    IMPORTS
    + """
job = start_job(total={total}, task_id=uuid4()).job
job.lanes.update(seen_at=timezone.now(), rescues=6)
"""
)
DISPATCH = IMPORTS + "lane = Lane.objects.get(job={job}); leases.dispatch(lane.job_id, lane.task_id)"
FAIL = IMPORTS + "actions.fail(job_id={job}, error='No names are left.')"
VIEWER = """
from django.contrib.auth.models import Permission, User
user, _ = User.objects.get_or_create(username='job-viewer')
user.user_permissions.add(Permission.objects.get(codename='view_job'))
"""


async def shell(service: Service, code: str, **values: Any) -> None:
    await asyncio.to_thread(service.manage, "shell", "-c", code.format(**values))


async def queue(service: Service, total: int) -> int:
    await shell(service, QUEUE, total=total)
    return int(rows(service, "SELECT max(id) FROM arrivals_job")[0])


async def sees_state(visitor: Visitor, words: str, seconds: float = 60) -> None:
    await expect(visitor.page.locator(".head-words")).to_have_text(re.compile(words), timeout=seconds * 1_000)


async def press(visitor: Visitor, role: Any, name: str) -> None:
    """Presses Enter on the element, which must be focusable."""
    target = visitor.page.get_by_role(role, name=re.compile(name)).last
    await target.focus()
    assert await target.evaluate("(element) => element.matches(':focus')")
    await visitor.page.keyboard.press("Enter")


async def test_a_job_cancelled_on_the_users_page_ends_in_every_browser(service: Service, visit: Visit) -> None:
    owner, watcher = await visit(service), await visit(service)
    await watcher.sees_status("^Live$")
    jobs = await watcher.remember(watcher.jobs)
    job = await queue(service, 1_000_000)
    await shell(service, DISPATCH, job=job)
    cancel = owner.page.get_by_role("link", name=f"Cancel job {job}")
    await expect(cancel).to_be_visible()
    await expect(owner.jobs).to_contain_text(re.compile(r"[1-9],?\d* of 1,000,000"))
    await cancel.click()
    await expect(owner.page.get_by_text("Cancel it?")).to_be_visible()
    await owner.page.get_by_role("button", name=f"Cancel job {job}").click()
    await sees_state(owner, "^Cancelled at [0-9,]+ of 1,000,000$")
    await expect(owner.page.get_by_text(f"Job {job} is cancelled.")).to_be_visible()
    await jobs.showed("■ cancelled")
    (made,) = rows(service, f"SELECT count(*) FROM arrivals_account WHERE job_id = {job}")
    await expect(owner.page.locator(".figure-created strong")).to_have_text(f"{int(made):,}")
    await watcher.sees_total(len(rows(service, "SELECT id FROM auth_user")))
    assert rows(service, f"SELECT state FROM arrivals_job WHERE id = {job}") == ["cancelled"]


async def test_a_job_page_follows_a_job_to_its_end_without_layout_shifts(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    job = await queue(service, 500)
    await visitor.page.goto(f"/jobs/{job}/")
    await visitor.sees_status("^Live$")
    await sees_state(visitor, "^Queued: waiting for a worker$")
    line = await visitor.page.locator(".chart-line").get_attribute("d")
    await shell(service, DISPATCH, job=job)
    await sees_state(visitor, "^Finished: 500 of 500$")
    await expect(visitor.page.locator(".figure-created strong")).to_have_text("500")
    assert await visitor.page.locator(".chart-line").get_attribute("d") != line
    numbers = visitor.page.locator("#board tbody tr:not([hidden]) .row-job")
    await expect(numbers.first).to_have_text("500")
    assert await numbers.all_inner_texts() == [str(number) for number in range(500, 480, -1)]
    await expect(visitor.page.locator("#record li")).to_have_text(
        [re.compile(one) for one in ("requested", "st", "finish")]
    )
    await expect(visitor.page.get_by_role("link", name="Undo")).to_be_visible()
    assert [one for one in await visitor.page.evaluate(SHIFTS) if "pager" not in one] == []
    await visitor.page.reload()
    assert await numbers.all_inner_texts() == [str(number) for number in range(500, 480, -1)]


async def test_a_failed_job_continues_after_a_retry(service: Service, visit: Visit) -> None:
    visitor = await visit(service)
    job = await queue(service, 60)
    await visitor.page.goto(f"/jobs/{job}/")
    await visitor.sees_status("^Live$")
    await shell(service, FAIL, job=job)
    await sees_state(visitor, "^Failed at 0 of 60$")
    await expect(visitor.page.get_by_text("No names are left.")).to_be_visible()
    await press(visitor, "button", "Retry")
    await sees_state(visitor, "^Finished: 60 of 60$")
    await expect(visitor.page.locator("#record")).to_contain_text("retried by you")


async def test_an_undo_removes_its_accounts_from_every_open_page(service: Service, visit: Visit) -> None:
    owner, watcher = await visit(service), await visit(service)
    before = len(rows(service, "SELECT id FROM auth_user"))
    job = await queue(service, 1_000)
    await shell(service, DISPATCH, job=job)
    await watcher.sees_total(before + 1_000)
    made = set(
        rows(service, f"SELECT username FROM auth_user JOIN arrivals_account ON user_id = id WHERE job_id = {job}")
    )
    assert set(await watcher.usernames()) <= made
    await owner.page.goto(f"/jobs/{job}/")
    await owner.sees_status("^Live$")
    await press(owner, "link", "Undo")
    await expect(owner.page.get_by_text("This permanently removes 1,000 accounts")).to_be_visible()
    await press(owner, "button", "Remove 1,000 accounts")
    await sees_state(owner, "^Removed: 1,000 of 1,000$")
    await expect(owner.page.locator("#board tbody tr:not([hidden])")).to_have_count(0)
    await watcher.sees_total(before)

    async def shows_only_remaining_users() -> bool:
        names = await watcher.usernames()
        return not made & set(names) and len(names) == min(50, before)

    await wait_until_async(shows_only_remaining_users)
    names = await watcher.usernames()
    moved = await watcher.page.evaluate(SHIFTS)
    assert before < 50 or moved == []
    await watcher.page.reload()
    assert await watcher.usernames() == names


async def test_the_job_list_is_live_and_keeps_its_state_filter(service: Service, visit: Visit) -> None:
    everything, waiting = await visit(service), await visit(service)
    await everything.page.goto("/jobs/")
    await waiting.page.goto("/jobs/?state=queued")
    for visitor in (everything, waiting):
        await visitor.sees_status("^Live$")
    job = await queue(service, 70)
    lines = [visitor.page.locator(f'tr[data-id="{job}"]') for visitor in (everything, waiting)]
    for line in lines:
        await expect(line).to_contain_text("queued")
        await expect(line).to_contain_text("the command line")
    await shell(service, DISPATCH, job=job)
    await expect(lines[0]).to_contain_text("finished")
    await expect(lines[0]).to_contain_text("70 of 70")
    await expect(lines[1]).to_have_count(0)
    first = everything.page.locator("tr.line").first
    await expect(first).to_have_attribute("data-id", str(job))


async def test_a_job_page_is_not_live_for_a_user_who_may_not_see_users(service: Service, visit: Visit) -> None:
    await shell(service, VIEWER)
    job = await queue(service, 60)
    visitor = await visit(service, name="")
    visitor.may_be_refused = True
    await visitor.sign_in(service, "job-viewer")
    for address in ("/jobs/", f"/jobs/{job}/"):
        await visitor.page.goto(address)
        await visitor.sees_status("^Not live. Reload to update.$")
        await expect(visitor.page.get_by_text("the command line")).to_have_count(0)
    await expect(visitor.page.locator("#board")).to_have_count(0)
    await shell(service, DISPATCH, job=job)
