"""`make screenshots`: takes pictures of every state of the real service. Two of them are for the README.

All go to var/screenshots. Look at them after each change of the pages.
"""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, async_playwright, expect

from tests.e2e.browser.conftest import NAMES, OPTIONS
from tests.e2e.browser.connection.scripted import is_catching_up, is_not_live
from tests.e2e.browser.visitor import Visitor
from tests.support.job_scenes import JOB_SCENES, no_jobs
from tests.support.services.proxy import Proxy
from tests.support.services.service import ROOT, Service

PICTURES = ROOT / "var" / "screenshots"
README_PICTURES = ROOT / "docs" / "screenshots"
SCREEN = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": SCREEN},
    "dark": {"color_scheme": "dark", "viewport": SCREEN},
    "phone-light": {"color_scheme": "light", "viewport": PHONE, "device_scale_factor": 2},
    "phone-dark": {"color_scheme": "dark", "viewport": PHONE, "device_scale_factor": 2},
}
MAKE_POWERLESS = "from django.contrib.auth.models import User; User.objects.create_user('powerless')"


@dataclass(frozen=True)
class Studio:
    service: Service
    proxy: Proxy
    visitors: dict[str, Visitor]

    async def all_visitors(self, act: Callable[[Visitor], Awaitable[Any]]) -> None:
        await asyncio.gather(*map(act, self.visitors.values()))

    async def open(self, address: str) -> None:
        await self.all_visitors(lambda visitor: visitor.page.goto(address))

    async def shoot(self, scene: str) -> None:
        for look, visitor in self.visitors.items():
            await visitor.page.screenshot(path=PICTURES / f"{scene}-{look}.png")

    async def manage(self, *arguments: str) -> None:
        await asyncio.to_thread(self.service.manage, *arguments)


async def before_anything(studio: Studio) -> None:
    await studio.open("/users/")
    await studio.shoot("sign-in")
    await studio.open((await asyncio.to_thread(lambda: studio.service.link)).removeprefix(studio.service.address))
    await studio.shoot("sign-in-link")
    await studio.open("/accounts/link/?token=used")
    await studio.shoot("link-expired")
    for visitor in studio.visitors.values():  # one by one, because a new link ends the previous one
        await visitor.sign_in(studio.service, "operator")
    await studio.all_visitors(lambda visitor: visitor.sees_status("^Live$"))
    await studio.shoot("empty")
    await studio.open("/no-such-page/")
    await studio.shoot("not-found")


async def asking(studio: Studio) -> None:
    await studio.open("/generate/")
    await studio.shoot("generate")
    await studio.all_visitors(lambda visitor: visitor.generate(5_000))
    await studio.all_visitors(lambda visitor: expect(visitor.page.get_by_text("too many")).to_be_visible())
    await studio.shoot("form-error")


async def arriving(studio: Studio) -> None:
    await studio.manage("generate", "12000")
    await studio.open("/users/")
    await studio.all_visitors(lambda visitor: visitor.sees_total(12_001))
    await studio.all_visitors(lambda visitor: visitor.sees_status("^Live$"))
    await studio.all_visitors(is_at_rest)
    await studio.manage("generate", "50000")
    await studio.all_visitors(lambda visitor: expect(visitor.jobs).to_contain_text(re.compile("[2-9][0-9] %")))
    await studio.shoot("arriving")
    await studio.all_visitors(lambda visitor: expect(visitor.jobs).to_contain_text("50,000 of 50,000", timeout=60_000))
    await studio.shoot("finished")


async def is_at_rest(visitor: Visitor) -> None:
    await expect(visitor.jobs.get_by_text("No jobs running.")).to_be_visible(timeout=30_000)


async def just_asked(studio: Studio) -> None:
    visitor = studio.visitors["light"]
    await visitor.generate(500)
    await visitor.sees_total(62_501)
    await studio.shoot("asked")


async def held_still(studio: Studio) -> None:
    await studio.all_visitors(is_at_rest)
    await studio.all_visitors(lambda visitor: visitor.page.get_by_role("button", name="Pause").click())
    await studio.manage("generate", "500")
    await studio.all_visitors(lambda visitor: visitor.sees_total(63_001))
    await studio.all_visitors(lambda visitor: expect(visitor.page.get_by_text("500 new")).to_be_visible())
    await studio.shoot("paused")
    await studio.open("/users/?q=user_A")
    await studio.all_visitors(lambda visitor: visitor.sees_status("^Live$"))
    await studio.shoot("searching")
    await studio.open("/users/")


async def cut_off(studio: Studio) -> None:
    await studio.all_visitors(lambda visitor: visitor.sees_status("^Live$"))
    studio.proxy.is_refusing = True
    studio.proxy.cut()
    await studio.all_visitors(lambda visitor: visitor.sees_status("^Reconnecting in [2-9]"))
    await studio.shoot("reconnecting")
    studio.proxy.is_refusing = False
    await studio.all_visitors(lambda visitor: visitor.sees_status("^Live$"))


async def scripted(studio: Studio) -> None:
    """Replaces the pages' sockets by scripted ones, from here on."""
    servers = {look: await is_catching_up(visitor) for look, visitor in studio.visitors.items()}
    await studio.shoot("catching-up")
    for look, visitor in studio.visitors.items():
        await is_not_live(visitor, servers[look])
    await studio.shoot("not-live")


async def printed(studio: Studio) -> None:
    await studio.all_visitors(lambda visitor: visitor.page.emulate_media(media="print"))
    await studio.shoot("printed")
    await studio.all_visitors(lambda visitor: visitor.page.emulate_media(media="screen"))


async def forbidden(studio: Studio) -> None:
    await studio.manage("shell", "-c", MAKE_POWERLESS)
    await studio.all_visitors(lambda visitor: visitor.page.context.clear_cookies())
    for visitor in studio.visitors.values():
        await visitor.sign_in(studio.service, "powerless")
    await studio.shoot("forbidden")


SCENES: list[Callable[[Studio], Awaitable[None]]] = [before_anything, no_jobs, asking, arriving, just_asked, held_still]
SCENES += [cut_off, printed, *JOB_SCENES, scripted, forbidden]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        await browser.close()


async def take_all() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        service = stack.enter_context(Service(may_complain=True))
        browser = await stack.enter_async_context(chromium())
        proxy = await stack.enter_async_context(Proxy(service.port))
        contexts = {
            look: await browser.new_context(base_url=proxy.address, **options) for look, options in LOOKS.items()
        }
        visitors = {look: Visitor(await context.new_page()) for look, context in contexts.items()}
        for scene in SCENES:
            await scene(Studio(service, proxy, visitors))
    for scheme in ("light", "dark"):
        shutil.copy(PICTURES / f"arriving-{scheme}.png", README_PICTURES / f"users-{scheme}.png")


if __name__ == "__main__":
    asyncio.run(take_all())
