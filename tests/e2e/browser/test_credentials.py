"""Credentials for load tests: the downloaded file, and sign-ins with its passwords."""

import asyncio
import csv
import io
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.browser.conftest import Visit
from tests.e2e.browser.stored import rows
from tests.e2e.browser.test_job_stories import press, sees_state
from tests.e2e.browser.visitor import Visitor
from tests.support.services.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="package")

TOTAL = 5_000
HASHES = "SELECT password FROM auth_user WHERE username = '{}'"


@pytest.fixture(scope="module")
def service(chromium: str) -> Iterator[Service]:
    with Service(environment={"GENERATE_MAX_TOTAL": str(TOTAL)}) as service:
        yield service


async def download(visitor: Visitor, name: str) -> str:
    async with visitor.page.expect_download() as started:
        await visitor.page.get_by_role("link", name=name).click()
    saved = await started.value
    assert re.fullmatch(r"job-\d+-credentials\.(csv|json)", saved.suggested_filename)
    return await asyncio.to_thread(Path(await saved.path()).read_text)


async def sign_in(visitor: Visitor, account: dict[str, str]) -> None:
    await visitor.page.goto("/accounts/login/")
    await visitor.page.get_by_label("Username").fill(account["username"])
    await visitor.page.get_by_label("Password").fill(account["password"])
    await visitor.page.get_by_role("button", name="Sign in").click()
    await expect(visitor.page.get_by_role("button", name="Sign out")).to_be_visible()


async def test_downloaded_credentials_sign_in(service: Service, visit: Visit) -> None:
    owner = await visit(service)
    began = time.monotonic()
    await owner.generate(TOTAL)
    await owner.page.goto(f"/jobs/{rows(service, 'SELECT max(id) FROM arrivals_job')[0]}/")
    await sees_state(owner, f"Finished: {TOTAL:,}")
    text = await download(owner, "Download credentials (CSV)")
    print(f"{TOTAL:,} accounts from the click to the saved file: {time.monotonic() - began:.1f} s")
    accounts = list(csv.DictReader(io.StringIO(text)))
    assert len(accounts) == len({account["password"] for account in accounts}) == TOTAL
    for account in (accounts[0], accounts[TOTAL // 2], accounts[-1]):
        visitor = await visit(service, name="")
        visitor.may_be_refused = True
        await sign_in(visitor, account)
        (stored,) = rows(service, HASHES.format(account["username"]))
        assert int(stored.split("$")[1]) > 1, "Django has rehashed it with more iterations"
    assert json.loads(await download(owner, "Download credentials (JSON)")) == accounts


async def test_forgotten_passwords_cannot_be_downloaded_but_still_sign_in(service: Service, visit: Visit) -> None:
    owner = await visit(service)
    await owner.generate(50)
    await owner.page.goto(f"/jobs/{rows(service, 'SELECT max(id) FROM arrivals_job')[0]}/")
    await sees_state(owner, "Finished: 50")
    account, *_ = csv.DictReader(io.StringIO(await download(owner, "Download credentials (CSV)")))
    await press(owner, "link", "Forget passwords")
    await expect(owner.page.get_by_text("This permanently forgets the passwords of 50 accounts.")).to_be_visible()
    await press(owner, "button", "Forget passwords")
    await expect(owner.page.locator(".acts-says")).to_contain_text("are forgotten.")
    await expect(owner.page.get_by_role("link", name="Download")).to_have_count(0)
    visitor = await visit(service, name="")
    visitor.may_be_refused = True
    await sign_in(visitor, account)
