"""Backup and restore of a service, step by step as in docs/operations.md, and what existing watchers see."""

import asyncio
import shutil
import sqlite3
from contextlib import closing

from tests.support.clients.watcher import Watcher
from tests.support.services.program import Program
from tests.support.services.service import Service

SECONDS = 90


async def run_job(program: Program, watcher: Watcher, total: int) -> int:
    """Requests a job, follows it to its end, and returns its id."""
    finished = watcher.kinds["job.finished"] + 1
    answer = await asyncio.to_thread(program.post, "/api/jobs", {"total": total})
    await asyncio.wait_for(watcher.follow(lambda seen: seen.kinds["job.finished"] == finished), SECONDS)
    return int(answer.json["id"])


def save(service: Service) -> None:
    """Copies the database while the service runs."""
    with closing(sqlite3.connect(service.var_dir / "db.sqlite3")) as database:
        database.execute("VACUUM INTO ?", [str(service.folder / "saved.sqlite3")])


def restore(service: Service) -> None:
    """Restores the copy while the service is stopped. Redis is not saved, so it starts empty."""
    for ending in ("", "-wal", "-shm"):
        (service.var_dir / f"db.sqlite3{ending}").unlink(missing_ok=True)
    shutil.copy(service.folder / "saved.sqlite3", service.var_dir / "db.sqlite3")
    shutil.rmtree(service.var_dir / "redis")


async def test_after_a_restore_watchers_are_reset_and_saved_jobs_verify() -> None:
    with Service(options=["--workers", "1"]) as service:
        program = Program(service)
        watcher = Watcher(service.address, token=program.token, after=0)
        saved = await run_job(program, watcher, 60)
        save(service)
        await run_job(program, watcher, 70)
        old_epoch, old_head = watcher.epoch, watcher.offset
        service.stop()
        restore(service)
        assert service.manage("new_epoch", "--yes").stdout == "New epoch for: users.\n"
        service.start()
        service.wait_until_ready()
        # A reset watcher continues from the current head. Earlier accounts come from the snapshot.
        await asyncio.wait_for(watcher.follow(lambda seen: seen.resets == ["epoch"]), SECONDS)
        later = await run_job(program, watcher, 80)
        assert watcher.resets == ["epoch"]
        assert watcher.epoch != old_epoch
        assert sum(event["type"] == "user.created" and event["total"] == 80 for event in watcher.events) == 80
        assert (watcher.offset or 0) > (old_head or 0)
        for job in (saved, later):
            service.manage("verify", str(job))
        await assert_an_open_socket_is_closed(service, watcher)


async def assert_an_open_socket_is_closed(service: Service, watcher: Watcher) -> None:
    async with watcher.connection() as socket:
        await socket.recv()
        await asyncio.to_thread(service.manage, "new_epoch", "--yes")
        await asyncio.wait_for(socket.wait_closed(), SECONDS)
        assert socket.close_code == 4000
    await asyncio.wait_for(watcher.follow(lambda seen: seen.resets == ["epoch", "epoch"]), SECONDS)
