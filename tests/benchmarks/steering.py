"""A large job by the API with `watch --json` running, and its undo, on the shipped service."""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter

from tests.benchmarks.frame import Figure, service
from tests.benchmarks.plain import PlainWatcher
from tests.support.services.program import Program
from tests.support.services.service import ROOT, Service

TOTAL = 100_000


def peak_megabytes(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:  # noqa: PTH123 (no file of ours)
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))


class Watch:
    """`manage.py watch --json` in a separate process."""

    def __init__(self, running: Service, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "watch", "--json", *arguments],
            cwd=ROOT,
            env=running.environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    def until(self, kind: str, job: int) -> Counter[str]:
        """Counts the printed events by type, up to that event of the job. Requires each number once and in order."""
        assert self.process.stdout
        kinds: Counter[str] = Counter()
        for line in self.process.stdout:
            event = json.loads(line)
            kinds[event["type"]] += 1
            assert event["type"] != "user.created" or event["number"] == kinds["user.created"]
            if event["type"] == kind and event["job"] == job:
                return kinds
        raise AssertionError(f"watch ended before {kind}")


def make(program: Program, running: Service, total: int) -> tuple[int, float]:
    before = program.get("/api/users?limit=1").json["head"]
    watch = Watch(running, "--after", str(before))
    began = time.perf_counter()
    job: int = program.post("/api/jobs", {"total": total}).json["id"]
    kinds = watch.until("job.finished", job)
    seconds = time.perf_counter() - began
    assert kinds["user.created"] == total
    watch.process.terminate()
    watch.process.wait()
    return job, seconds


async def undo(program: Program, running: Service, job: int, total: int) -> tuple[float, float]:
    watcher = PlainWatcher(running.address, token=program.token)
    following = asyncio.create_task(watcher.follow(lambda seen: seen.kinds["job.removed"] > 0))
    await watcher.is_live.wait()
    began = time.perf_counter()
    counted = await asyncio.to_thread(program.get, f"/api/jobs/{job}/removal")
    asked = time.perf_counter() - began
    assert counted.json["removes"] == total
    began = time.perf_counter()
    await asyncio.to_thread(program.post, f"/api/jobs/{job}/remove", {})
    await following
    removed = time.perf_counter() - began
    assert watcher.kinds["user.removed"] == total
    return asked, removed


def measure() -> list[Figure]:
    with service() as running:
        program = Program(running)
        pids = running.pids()
        assert pids.web
        job, seconds = make(program, running, TOTAL)
        asked, removed = asyncio.run(undo(program, running, job, TOTAL))
        running.manage("verify", str(job))
        peak = max(peak_megabytes(pid) for pid in pids.pool)
    return [
        Figure(what=f"{TOTAL:,} accounts by the API, POST to the last line of watch --json", value=seconds, unit="s"),
        Figure(what="the question before the undo", value=asked, unit="s"),
        Figure(what=f"undo of {TOTAL:,}, POST to job.removed at a socket", value=removed, unit="s"),
        Figure(what="greatest peak memory of a pool process", value=peak, unit="MB"),
    ]
