"""Replay of a log of 100,000 events to one client, compared to reading the same rows by the database's driver."""

import asyncio
import os
import re
import sqlite3
import time

import psycopg

from realtime.protocol import WINDOW_BYTES
from tests.benchmarks.frame import Figure, figure, in_turn, ratio, service
from tests.benchmarks.plain import connect_plainly
from tests.support.services.program import Program
from tests.support.services.service import Service
from tests.support.waiting import wait_until

ROUNDS = 7
TOTAL = 100_000
ROWS = "SELECT first, last, key, payload FROM arrivals_feed_batch ORDER BY last"
LAST = re.compile(r'"last":(\d+)')
HEAD = re.compile(r'"head":(\d+)')


def measure() -> list[Figure]:
    with service(GENERATE_BULK_MAX=str(TOTAL)) as running:
        program = Program(running)
        job = program.post("/api/jobs", {"total": TOTAL}).json["id"]
        wait_until(lambda: program.get(f"/api/jobs/{job}").json["state"] == "finished", 300)
        found = in_turn(ROUNDS, replay=lambda: asyncio.run(replay(running, program.token)), rows=lambda: read(running))
    share = ratio(found["replay"], found["rows"])
    return [
        figure("events to one client", found["replay"], "/s", compared_to="the driver", ratio=share, aim=">= 0.5"),
        figure("the same rows by the driver, in this process", found["rows"], "/s"),
    ]


async def replay(running: Service, token: str) -> float:
    """Returns events a second. Searches frames without parsing JSON, and acknowledges after each half window."""
    began = time.perf_counter()
    async with connect_plainly(f"{running.address}/ws/users/?after=0", token=token, max_queue=None) as socket:
        head, seen, unacknowledged = int(found(HEAD, await socket.recv())), 0, 0
        while seen < head:
            frame = await socket.recv()
            seen = int(found(LAST, frame))
            unacknowledged += len(frame)
            if unacknowledged > WINDOW_BYTES // 2:
                await socket.send(f'{{"type":"ack","offset":{seen}}}')
                unacknowledged = 0
    return head / (time.perf_counter() - began)


def found(pattern: re.Pattern[str], frame: object) -> str:
    match = pattern.search(str(frame)[:200])
    assert match, frame
    return match[1]


def read(running: Service) -> float:
    began = time.perf_counter()
    if url := os.environ.get("DATABASE_URL"):
        with psycopg.connect(url) as server:
            rows = server.execute(ROWS).fetchall()
    else:
        file = sqlite3.connect(running.var_dir / "db.sqlite3")
        rows = file.execute(ROWS).fetchall()
        file.close()
    return int(rows[-1][1]) / (time.perf_counter() - began)
