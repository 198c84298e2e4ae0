"""How the kit causes events: by the API of this project, or by a command of the user's."""

import asyncio
import json
import shlex
import time
from collections.abc import Awaitable, Callable
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

Make = Callable[[int], Awaitable[int | None]]  # Makes so many users; the job's id, where there is one
OPENER = build_opener(ProxyHandler({}))
JOB_SECONDS = 300
NO_SUCH_API = "Give --make for a server without this API."


class CannotMake(Exception):
    """The kit cannot go on; the text says why."""


def by_api(address: str, token: str) -> Make:
    """POST /api/jobs, then wait for the job's end."""

    def call(path: str, body: object = None) -> dict[str, object]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            with OPENER.open(Request(address + path, data, headers), timeout=60) as answer:
                found: dict[str, object] = json.load(answer)
                return found
        except (OSError, ValueError) as error:
            raise CannotMake(f"{address}{path}: {error}. {said(error)}") from error

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


def said(error: Exception) -> str:
    """What a problem of the API says of itself (docs/api.md), or what to do where this is another server."""
    try:
        return str(json.load(error)["detail"]) if isinstance(error, HTTPError) else NO_SUCH_API
    except (ValueError, LookupError, TypeError):
        return NO_SUCH_API


def by_command(template: str) -> Make:
    """A command that makes {total} users, and ends when their events are committed; it may print the job's id."""
    if "{total}" not in template:
        raise CannotMake("--make needs {total} where the number of users stands.")

    async def make(total: int) -> int | None:
        words = [word.replace("{total}", str(total)) for word in shlex.split(template)]
        process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
        printed, _ = await process.communicate()
        if process.returncode:
            raise CannotMake(f"The command ended with {process.returncode}: {shlex.join(words)}")
        return int(printed) if printed.strip().isdigit() else None

    return make
