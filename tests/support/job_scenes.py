"""Screenshots of the states of jobs, one scene after the other."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from playwright.async_api import expect

from tests.e2e.browser.stored import rows
from tests.e2e.browser.visitor import Visitor
from tests.support.services.service import Service

MANY = 250_000
DO = "from task.jobs import actions; from task.models import *; from django.utils import timezone; "
QUEUE = DO + (
    "Job.objects.create(total=500, nonce=b'', created_at=timezone.now(), "
    "requested_by_id=Job.objects.values_list('requested_by', flat=True).exclude(requested_by=None).first())"
)
USE = DO + (
    "from django.contrib.auth.models import User; users = User.objects.filter(account__job={job}).order_by('pk'); "
    "User.objects.filter(pk__in=users.values('pk')[:3]).update(last_login=timezone.now()); "
    "User.objects.filter(pk=users[5].pk).update(is_staff=True)"
)


class Scene(Protocol):
    """The methods of tests.support.screenshots.Studio that scenes use."""

    @property
    def service(self) -> Service: ...
    @property
    def visitors(self) -> dict[str, Visitor]: ...
    async def all_visitors(self, act: Callable[[Visitor], Awaitable[Any]]) -> None: ...
    async def open(self, address: str) -> None: ...
    async def shoot(self, scene: str) -> None: ...
    async def manage(self, *arguments: str) -> None: ...


def newest(studio: Scene) -> int:
    return int(rows(studio.service, "SELECT max(id) FROM arrivals_job")[0])


async def says(studio: Scene, words: str) -> None:
    await studio.all_visitors(
        lambda visitor: expect(visitor.page.locator(".head-words")).to_have_text(re.compile(words), timeout=60_000)
    )


async def no_jobs(studio: Scene) -> None:
    await studio.open("/jobs/")
    await studio.shoot("jobs-empty")


async def options(studio: Scene) -> None:
    await studio.open("/generate/")
    await studio.all_visitors(lambda visitor: visitor.page.get_by_text("Options").click())
    await studio.all_visitors(choose)
    await studio.shoot("generate-options")
    await studio.all_visitors(choose_wrong)
    await studio.shoot("generate-options-error")
    await studio.visitors["light"].generate(500)


async def choose(visitor: Visitor) -> None:
    await visitor.page.get_by_label("Realistic").check()
    await visitor.page.get_by_label("Language").select_option("de")
    await visitor.page.get_by_label("Full (Django's default)").check()
    await visitor.page.get_by_label("Remove the accounts").select_option("24")
    await expect(visitor.page.get_by_text("worker process")).to_be_visible()


async def choose_wrong(visitor: Visitor) -> None:
    await visitor.page.get_by_label("The same for all").check()
    await visitor.page.get_by_label("Password for all accounts").fill("12345678")
    await visitor.button.click()
    await expect(visitor.page.get_by_text("too common")).to_be_visible()


async def running(studio: Scene) -> None:
    """Shows a running job, its confirmation page for a cancel, and a cancel while its page is open."""
    await studio.manage("generate", str(MANY))
    job = newest(studio)
    await studio.open(f"/jobs/{job}/")
    await says(studio, "^Running: [3-9]. %")
    await studio.shoot("job-running")
    await studio.open(f"/jobs/{job}/cancel/")
    await studio.shoot("cancel")
    await studio.open(f"/jobs/{job}/")
    await studio.manage("shell", "-c", f"{DO} actions.cancel(job_id={job})")
    await says(studio, "^Cancelled|^Finished")
    await studio.all_visitors(lambda visitor: expect(visitor.page.locator("#acts")).to_contain_text("Undo"))
    await studio.shoot("job-cancelled")


async def failed(studio: Scene) -> None:
    await studio.manage("generate", str(MANY))
    job = newest(studio)
    await studio.open(f"/jobs/{job}/")
    await says(studio, "^Running: [1-9]. %")
    await studio.manage("shell", "-c", f"{DO} actions.fail(job_id={job}, error='No names are left.')")
    await studio.all_visitors(lambda visitor: expect(visitor.page.locator("#acts")).to_contain_text("Retry"))
    await studio.shoot("job-failed")


async def removing(studio: Scene) -> None:
    job = newest(studio)
    await studio.manage("shell", "-c", USE.format(job=job))
    await studio.open(f"/jobs/{job}/remove/")
    await studio.shoot("undo")
    await studio.open(f"/jobs/{job}/")
    await studio.manage("shell", "-c", f"{DO} actions.remove(job_id={job})")
    await says(studio, "^Removing: ")
    await studio.shoot("job-removing")


async def listed(studio: Scene) -> None:
    await studio.manage("generate", str(MANY))
    long_one = newest(studio)
    await studio.manage("shell", "-c", QUEUE)
    await studio.open("/jobs/")
    await studio.all_visitors(lambda visitor: visitor.sees_status("^Live$"))
    await studio.shoot("jobs")
    await studio.open(f"/jobs/{newest(studio)}/")
    await studio.all_visitors(lambda visitor: visitor.sees_status("^Live$"))
    await studio.shoot("job-queued")
    await studio.open("/users/")
    await studio.all_visitors(lambda visitor: visitor.sees_status("^Live$"))
    await studio.shoot("strip")
    await studio.manage("shell", "-c", f"{DO} actions.cancel(job_id={long_one})")


async def removed(studio: Scene) -> None:
    await studio.manage("generate", "500")
    job = newest(studio)
    await studio.open(f"/jobs/{job}/")
    await says(studio, "^Finished")
    await studio.shoot("job-finished")
    await studio.manage("shell", "-c", USE.format(job=job))
    await studio.manage("shell", "-c", f"{DO} actions.remove(job_id={job})")
    await says(studio, "^Removed")
    await studio.all_visitors(lambda visitor: expect(visitor.page.locator("#acts")).to_contain_text("Nothing to do"))
    await studio.all_visitors(
        lambda visitor: expect(visitor.page.locator("#record")).to_contain_text("accounts removed")
    )
    await studio.shoot("job-removed")


JOB_SCENES = [options, running, failed, removing, listed, removed]
