"""Leads a visitor through every page in every state, for tests that check the same on all of them."""

import asyncio
import re
from collections.abc import AsyncIterator

from django.template.loader import render_to_string
from playwright.async_api import expect

from tests.e2e.browser.connection.scripted import is_catching_up, is_not_live
from tests.e2e.browser.visitor import Visitor
from tests.support.services.proxy import Proxy
from tests.support.services.service import Service

LONG_NAME = "W" * 150
MANY = 5_000
MAKE_USER_WITHOUT_PERMISSION = (
    "from django.contrib.auth.models import Group, User; "
    f"Group.objects.get_or_create(name={LONG_NAME!r}); User.objects.get_or_create(username={LONG_NAME!r})"
)
MAKE_FAILED_JOB = """
from task.models import Job; from django.utils import timezone; now = timezone.now()
Job.objects.create(total=1_000_000, created=312_456, state="failed", error={error!r}, nonce=b"", created_at=now,
    started_at=now, finished_at=now)
"""


async def every_page(service: Service, proxy: Proxy, visitor: Visitor) -> AsyncIterator[str]:
    """Yields the name of each state while it is shown. The visitor is signed out, and uses the proxy's address."""
    visitor.may_be_refused = visitor.may_be_cut_off = True
    code = f"{MAKE_USER_WITHOUT_PERMISSION}\n{MAKE_FAILED_JOB.format(error=LONG_NAME)}"
    await asyncio.to_thread(service.manage, "shell", "-c", code)
    walks = (
        signed_out(service, visitor),
        watching(service, proxy, visitor),
        requesting(visitor),
        job_pages(visitor),
        error_pages(visitor),
    )
    for walk in (*walks, scripted(visitor)):
        async for name in walk:
            yield name
    await visitor.page.context.clear_cookies()
    await visitor.sign_in(service, LONG_NAME)
    yield "not allowed"
    await visitor.page.goto("/accounts/password/")
    yield "change password"


async def signed_out(service: Service, visitor: Visitor) -> AsyncIterator[str]:
    await visitor.page.goto((await asyncio.to_thread(lambda: service.link)).removeprefix(service.address))
    yield "sign-in link"
    await visitor.page.goto("/accounts/link/?token=used")
    yield "link expired"
    await visitor.page.goto("/users/")
    yield "sign in"
    await visitor.page.get_by_role("button", name="Sign in").click()
    await expect(visitor.page.get_by_text("This field is required.").first).to_be_visible()
    yield "sign in, with errors"


async def watching(service: Service, proxy: Proxy, visitor: Visitor) -> AsyncIterator[str]:
    await visitor.sign_in(service, "operator")
    await visitor.sees_status("^Live$")
    yield "users"
    jobs = await visitor.remember(visitor.jobs)
    await asyncio.to_thread(service.manage, "generate", str(MANY))
    await jobs.showed("of 5,000")
    yield "arriving"
    await jobs.showed("5,000 of 5,000")
    await expect(visitor.page.locator("tr.fresh")).to_have_count(0)
    yield "finished"
    await visitor.page.get_by_role("button", name="Pause").click()
    await asyncio.to_thread(service.manage, "generate", "50")
    await expect(visitor.page.get_by_role("button", name="50 new")).to_be_visible()
    yield "paused"
    await visitor.page.goto("/users/?q=user_")
    await visitor.sees_status("^Live$")
    yield "searching"
    await visitor.page.goto("/users/")
    await visitor.sees_status("^Live$")
    proxy.is_refusing = True
    proxy.cut()
    await visitor.sees_status("^Reconnecting")
    yield "reconnecting"
    proxy.is_refusing = False
    await visitor.sees_status("^Live$")
    await visitor.page.locator("summary").click()
    yield "menu"
    await visitor.page.goto("/users/?before=1")
    yield "no older users"


async def requesting(visitor: Visitor) -> AsyncIterator[str]:
    await visitor.page.goto("/generate/")
    yield "generate"
    await visitor.page.get_by_text("Options").click()
    yield "generate, with its options"
    await visitor.page.get_by_label("Realistic").check()
    await visitor.page.get_by_label("The same for all").check()
    await visitor.page.get_by_label("Password for all accounts").fill("12345678")
    await visitor.page.get_by_label(LONG_NAME).check()
    yield "generate, with more options"
    await visitor.button.click()
    await expect(visitor.page.get_by_text("too common")).to_be_visible()
    yield "generate, with an error in its options"
    await visitor.generate(49)
    await expect(visitor.page.get_by_text("Too few")).to_be_visible()
    yield "generate, with an error"
    await visitor.generate(60)
    await expect(visitor.page.get_by_text("We are generating your random users!")).to_be_visible()
    yield "requested"


async def job_pages(visitor: Visitor) -> AsyncIterator[str]:
    await visitor.page.goto("/jobs/")
    await visitor.sees_status("^Live$")
    yield "jobs"
    for state in ("failed", "finished"):
        await visitor.page.goto(f"/jobs/?state={state}")
        await visitor.page.locator("tr.line a").first.click()
        await visitor.sees_status("^Live$")
        yield f"a job that is {state}"
    job = visitor.page.url
    for address in ("/jobs/?state=removing", f"{job}remove/", f"{job}cancel/", "/jobs/999999/"):
        await visitor.page.goto(address)
        yield address


async def error_pages(visitor: Visitor) -> AsyncIterator[str]:
    await visitor.page.goto("/generate/")
    await visitor.page.context.clear_cookies(name=re.compile("csrf"))
    await visitor.button.click()
    await expect(visitor.page.get_by_role("heading", name="The form expired")).to_be_visible()
    yield "not accepted"
    await visitor.page.goto("/no-such-page/")
    yield "not found"
    await visitor.page.goto("/users/?before=x")
    yield "not understood"
    failed = render_to_string("500.html")
    await visitor.page.route("**/failed/", lambda route: route.fulfill(body=failed, content_type="text/html"))
    await visitor.page.goto("/failed/")
    yield "failed"


async def scripted(visitor: Visitor) -> AsyncIterator[str]:
    server = await is_catching_up(visitor)
    yield "catching up"
    await is_not_live(visitor, server)
    yield "not live"
