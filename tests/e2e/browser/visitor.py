"""A user with a browser: clicks and readings in the words of the pages."""

import asyncio
import re
from typing import Any

from playwright.async_api import ConsoleMessage, Dialog, Error, JSHandle, Locator, Page, WebSocket, expect

from tests.support.clients import wire
from tests.support.services.service import LINK, Service

# Chromium itself reports each broken connection and each refused page, which no page can prevent.
BROKEN_CONNECTION = re.compile(r"WebSocket connection to .* failed|Failed to load resource: net::ERR_")
REFUSED_PAGE = re.compile(r"Failed to load resource: the server responded with a status of 40[034]")
# Reported if a test types before the page is first drawn. The focus is tested by test_keyboard.py.
TYPED_FIRST = "Autofocus processing was blocked because a document already has a focused element."
REMEMBER = """(element) => {
  const texts = [];
  const note = () => texts.push(element.textContent.replace(/\\s+/g, " ").trim());
  new MutationObserver(note).observe(element, { subtree: true, childList: true, characterData: true });
  note();
  return texts;
}"""
SHOWED = "([texts, words]) => texts.some((text) => new RegExp(words).test(text))"
COOKIES: dict[tuple[str, str], list[Any]] = {}


class Remembered:
    """Every text of an element since `Visitor.remember`. Some are shown for a moment only, such as an ended job."""

    def __init__(self, page: Page, texts: JSHandle) -> None:
        self._page = page
        self._texts = texts

    async def showed(self, words: str) -> None:
        """Waits until the element shows a text that matches, or has shown it."""
        await self._page.wait_for_function(SHOWED, arg=[self._texts, words])


class Visitor:
    """`complaints` collects console messages (with CSP reports), script errors, dialogs, and frames that
    docs/asyncapi.yaml does not describe.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.may_be_cut_off = False
        self.may_be_refused = False
        page.on("console", self._hear)
        page.on("pageerror", self._fail)
        page.on("dialog", self._dismiss)
        page.on("websocket", self._overhear)

    async def sign_in(self, service: Service, name: str) -> None:
        """Reuses the user's earlier session on this service, or signs in with a link of `manage.py link`."""
        context = self.page.context
        await context.add_cookies(COOKIES.get((service.address, name), []))
        await self.page.goto("/users/")
        if "/accounts/login/" in self.page.url:
            printed = await asyncio.to_thread(service.manage, "link", name)
            found = LINK.search(printed.stdout)
            assert found, printed.stdout
            await self.use_link(found.group().removeprefix(service.address))
            COOKIES[service.address, name] = await context.cookies()

    async def use_link(self, link: str) -> None:
        await self.page.goto(link)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.wait_for_url(lambda address: "/accounts/link/" not in address)

    async def generate(self, total: object) -> None:
        await self.page.goto("/generate/")
        await self.page.get_by_label("How many users?").fill(str(total))
        await self.button.click()

    @property
    def button(self) -> Locator:
        return self.page.get_by_role("button", name=re.compile("Generate"))

    @property
    def status(self) -> Locator:
        return self.page.locator(".status-words")

    @property
    def total(self) -> Locator:
        return self.page.locator(".figure-total strong")

    @property
    def jobs(self) -> Locator:
        return self.page.locator("#jobs")

    async def sees_total(self, total: int) -> None:
        await expect(self.total).to_have_text(f"{total:,}")

    async def sees_status(self, words: str) -> None:
        await expect(self.status).to_have_text(re.compile(words))

    async def remember(self, element: Locator) -> "Remembered":
        return Remembered(self.page, await element.evaluate_handle(REMEMBER))

    async def usernames(self) -> list[str]:
        """Returns the names on the board, from the top."""
        return await self.page.locator("#board tbody tr:not([hidden]) .row-username").all_inner_texts()

    async def all_usernames(self) -> list[str]:
        """Returns the names on all pages, newest first, as the pager leads through them."""
        await self.page.goto("/users/")
        names = await self.usernames()
        while await self.page.locator("#older").is_visible():
            await self.page.locator("#older").click()
            await self.page.wait_for_load_state()
            names += await self.usernames()
        return names

    def _hear(self, message: ConsoleMessage) -> None:
        is_cut_off = self.may_be_cut_off and BROKEN_CONNECTION.search(message.text)
        is_refused = self.may_be_refused and REFUSED_PAGE.search(message.text)
        if not is_cut_off and not is_refused and TYPED_FIRST not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def _fail(self, error: Error) -> None:
        self.complaints.append(f"error: {error}")

    def _overhear(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self._read(frame, wire.FROM_SERVER))
        socket.on("framesent", lambda frame: self._read(frame, wire.FROM_CLIENT))

    def _read(self, frame: str | bytes, known: frozenset[str]) -> None:
        if fault := wire.fault_of(frame, of=known, closed=True):
            self.complaints.append(f"socket: {fault} in {frame[:300]!r}")

    async def _dismiss(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        await dialog.dismiss()
