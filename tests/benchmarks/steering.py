"""A large job by the API with `watch --json` beside it, its undo with pages open, and a small job beside a million.

`python -m tests.benchmarks.steering [TOTAL]` starts the real service (in a folder and on a port of its own) and prints
what it measured. DATABASE_URL is honoured: `python -m tests.postgres python -m tests.benchmarks.steering`.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from typing import Any

from tests.program import Program
from tests.service import ROOT, Service
from tests.waiting import wait_until
from tests.watcher import Watcher

TOTAL = 200_000
SMALL = 50
MILLION = 1_000_000
ROUNDS = 5


def peak_megabytes(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:  # noqa: PTH123 (no file of ours)
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))


class Watch:
    """`manage.py watch --json` in a process of its own."""

    def __init__(self, service: Service, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "watch", "--json", *arguments],
            cwd=ROOT,
            env=service.environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    def until(self, kind: str, job: int) -> Counter[str]:
        """How many of each type it printed, up to that event of the job; each number once and in order, or it fails."""
        assert self.process.stdout
        kinds: Counter[str] = Counter()
        for line in self.process.stdout:
            event = json.loads(line)
            kinds[event["type"]] += 1
            assert event["type"] != "user.created" or event["number"] == kinds["user.created"]
            if event["type"] == kind and event["job"] == job:
                return kinds
        raise AssertionError(f"watch ended before {kind}")


def make(program: Program, service: Service, total: int) -> int:
    before = program.get("/api/users?limit=1").json["head"]
    watch = Watch(service, "--after", str(before))
    began = time.perf_counter()
    job: int = program.post("/api/jobs", {"total": total}).json["id"]
    kinds = watch.until("job.finished", job)
    say(f"{total} accounts by the API, POST to the last line of watch --json", time.perf_counter() - began)
    assert kinds["user.created"] == total
    watch.process.terminate()
    watch.process.wait()
    return job


async def undo(program: Program, service: Service, job: int, total: int) -> None:
    watcher = Watcher(service.address, token=program.token)
    following = asyncio.create_task(watcher.follow(lambda seen: seen.kinds["job.removed"] > 0))
    await watcher.is_live.wait()
    began = time.perf_counter()
    counted = await asyncio.to_thread(program.get, f"/api/jobs/{job}/removal")
    say(f"the question: {counted.json}", time.perf_counter() - began)
    began = time.perf_counter()
    await asyncio.to_thread(program.post, f"/api/jobs/{job}/remove", {})
    await following
    say(f"undo of {total}, POST to job.removed at a socket", time.perf_counter() - began)
    assert watcher.kinds["user.removed"] == total


def small_job(program: Program) -> float:
    """From the POST to the last account's event, as the API's long poll tells it."""
    before = program.get("/api/users?limit=1").json
    began = time.perf_counter()
    job = program.post("/api/jobs", {"total": SMALL}).json["id"]
    program.until("job.finished", job=job, epoch=before["epoch"], after=before["head"])
    return time.perf_counter() - began


def beside_a_million(program: Program) -> None:
    alone = [small_job(program) for _ in range(ROUNDS)]
    million = program.post("/api/jobs", {"total": MILLION}).json["id"]
    wait_until(lambda: program.get(f"/api/jobs/{million}").json["created"] > 0)
    beside = [small_job(program) for _ in range(ROUNDS)]
    assert program.post(f"/api/jobs/{million}/cancel", {}).json["state"] == "cancelled"
    for where, seconds in (("alone", alone), ("beside a million", beside)):
        say(f"a job of {SMALL} {where}, median of {ROUNDS} (most {max(seconds):.2f} s)", statistics.median(seconds))


def say(what: str, seconds: float) -> None:
    sys.stdout.write(f"{seconds:8.2f} s  {what}\n")
    sys.stdout.flush()


def main() -> None:
    total = int(sys.argv[1]) if len(sys.argv) > 1 else TOTAL
    environment: dict[str, Any] = {name: os.environ[name] for name in ("DATABASE_URL",) if name in os.environ}
    with Service(environment=environment, may_complain=True) as service:
        program = Program(service)
        pids = service.pids()
        assert pids.web
        at_start = [peak_megabytes(pid) for pid in (pids.web, *pids.pool)]
        job = make(program, service, total)
        asyncio.run(undo(program, service, job, total))
        peaks = [peak_megabytes(pid) for pid in (pids.web, *pids.pool)]
        sys.stdout.write(f"peak memory in MB, web and pool children: {at_start} at the start, {peaks} afterwards\n")
        sys.stdout.write(service.manage("verify", str(job)).stdout)
        beside_a_million(program)


if __name__ == "__main__":
    main()
