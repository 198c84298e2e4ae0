"""Makes events for the kit: by this project's API, or by a command that the user gives."""

import asyncio
import json
import shlex
import time
from collections.abc import Awaitable, Callable
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

Make = Callable[[int], Awaitable[int | None]]  # makes that many users; returns the job's id, if there is one
OPENER = build_opener(ProxyHandler({}))
JOB_SECONDS = 300
NO_SUCH_API = "Give --make for a server without this API."


class CannotMake(Exception):
    """The kit cannot go on; the text says why."""


def by_api(address: str, token: str) -> Make:
    """Returns a function that posts to /api/jobs and waits for the job's end."""

    def call(path: str, body: object = None) -> dict[str, object]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            with OPENER.open(Request(address + path, data, headers), timeout=60) as answer:
                found: dict[str, object] = json.load(answer)
                return found
        except (OSError, ValueError) as error:
            raise CannotMake(f"{address}{path}: {error}. {detail_of(error)}") from error

    async def make(total: int) -> int:
        job = await asyncio.to_thread(call, "/api/jobs", {"total": total})
        deadline = time.monotonic() + JOB_SECONDS
        while job["state"] in {"queued", "running"} and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
            job = await asyncio.to_thread(call, f"/api/jobs/{job['id']}")
        if job["state"] != "finished":
            raise CannotMake(f"The job {job['id']} is {job['state']}, and not finished. {job['error']}")
        return int(str(job["id"]))

    return make


def detail_of(error: Exception) -> str:
    """Returns the detail of the API's problem (docs/api.md), or advice for a server without this API."""
    try:
        return str(json.load(error)["detail"]) if isinstance(error, HTTPError) else NO_SUCH_API
    except (ValueError, LookupError, TypeError):
        return NO_SUCH_API


def by_command(template: str) -> Make:
    """Returns a function that runs a command. It makes {total} users, ends after their commit, may print a job id."""
    if "{total}" not in template:
        raise CannotMake("--make needs {total} in place of the number of users.")

    async def make(total: int) -> int | None:
        words = [word.replace("{total}", str(total)) for word in shlex.split(template)]
        process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
        printed, _ = await process.communicate()
        if process.returncode:
            raise CannotMake(f"The command ended with {process.returncode}: {shlex.join(words)}")
        return int(printed) if printed.strip().isdigit() else None

    return make
