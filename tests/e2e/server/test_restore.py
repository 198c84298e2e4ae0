"""A backup, a restore, and what the watchers from before see: docs/operations.md, step by step."""

import asyncio
import shutil
import sqlite3
from contextlib import closing

from tests.support.program import Program
from tests.support.service import Service
from tests.support.watcher import Watcher

SECONDS = 90


async def ask(program: Program, watcher: Watcher, total: int) -> int:
    """Have a job done, watch it to its end, and return its number."""
    finished = watcher.kinds["job.finished"] + 1
    answer = await asyncio.to_thread(program.post, "/api/jobs", {"total": total})
    await asyncio.wait_for(watcher.follow(lambda seen: seen.kinds["job.finished"] == finished), SECONDS)
    return int(answer.json["id"])


def save(service: Service) -> None:
    """While it runs."""
    with closing(sqlite3.connect(service.var_dir / "db.sqlite3")) as database:
        database.execute("VACUUM INTO ?", [str(service.folder / "saved.sqlite3")])


def restore(service: Service) -> None:
    """While it is stopped. Redis is not saved, so it begins empty."""
    for ending in ("", "-wal", "-shm"):
        (service.var_dir / f"db.sqlite3{ending}").unlink(missing_ok=True)
    shutil.copy(service.folder / "saved.sqlite3", service.var_dir / "db.sqlite3")
    shutil.rmtree(service.var_dir / "redis")


async def test_after_a_restore_every_watcher_reloads_and_what_was_saved_agrees() -> None:
    with Service(options=["--workers", "1"]) as service:
        program = Program(service)
        watcher = Watcher(service.address, token=program.token, after=0)
        saved = await ask(program, watcher, 60)
        save(service)
        await ask(program, watcher, 70)
        of_before, lost_head = watcher.epoch, watcher.offset
        service.stop()
        restore(service)
        assert service.manage("new_epoch", "--yes").stdout == "New epoch for: users.\n"
        service.start()
        service.wait_until_ready()
        # A watcher that is reset goes on from the head of that moment: before it, accounts are the snapshot's to show.
        await asyncio.wait_for(watcher.follow(lambda seen: seen.resets == ["epoch"]), SECONDS)
        again = await ask(program, watcher, 80)
        assert watcher.resets == ["epoch"]
        assert watcher.epoch != of_before
        assert sum(event["type"] == "user.created" and event["total"] == 80 for event in watcher.events) == 80
        assert (watcher.offset or 0) > (lost_head or 0)
        for job in (saved, again):
            service.manage("verify", str(job))
        await an_open_socket_notices(service, watcher)


async def an_open_socket_notices(service: Service, watcher: Watcher) -> None:
    async with watcher.connection() as socket:
        await socket.recv()
        await asyncio.to_thread(service.manage, "new_epoch", "--yes")
        await asyncio.wait_for(socket.wait_closed(), SECONDS)
        assert socket.close_code == 4000
    await asyncio.wait_for(watcher.follow(lambda seen: seen.resets == ["epoch", "epoch"]), SECONDS)
