"""Growth of memory since the start of a process: a job of a million, idle watchers, clients that stop reading."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager

import psutil  # type: ignore[import-untyped]

from tests.benchmarks.crowd import handshake
from tests.benchmarks.frame import Figure, service
from tests.benchmarks.plain import connect_plainly
from tests.support.services.program import Program
from tests.support.services.service import Service
from tests.support.waiting import wait_until

MILLION = 1_000_000
WATCHERS = 1_000
FIRST = 25_000
STUCK = 10
FLOOD = 100_000  # 20 MB: more than the ring holds


def measure() -> list[Figure]:
    with service("--workers", "1", SOCKETS_MAX=str(WATCHERS + 10)) as running:
        program = Program(running)
        web, worker = psutil.Process(running.pids().web), psutil.Process(running.pids().pool[0])
        make(program, FIRST)  # warms up: one-time imports do not depend on the size
        grown = grown_by(worker, lambda: make(program, MILLION))
        idle = asyncio.run(watchers(running, program.token, web))
        stopped = stopped_readers(running, program, web)
    return [
        Figure(what="worker, a job of a million", value=grown, unit="MB more", aim="<= 15"),
        Figure(
            what=f"web process, each of {WATCHERS:,} idle watchers",
            value=idle * 1000 / WATCHERS,
            unit="kB",
            aim="<= 30",
        ),
        Figure(
            what=f"web process, each of {STUCK} clients that stop reading",
            value=stopped / STUCK,
            unit="MB",
            aim="<= 2",
        ),
    ]


def make(program: Program, total: int) -> None:
    job = program.post("/api/jobs", {"total": total}).json["id"]
    wait_until(lambda: program.get(f"/api/jobs/{job}").json["state"] == "finished", 300)


def grown_by(process: psutil.Process, work: Callable[[], object]) -> float:
    before = megabytes(process)
    work()
    return megabytes(process) - before


def megabytes(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1e6


async def watchers(running: Service, token: str, web: psutil.Process) -> float:
    """Returns the memory that a thousand watchers add. One connects and leaves before, to warm up."""
    async with connect_plainly(f"{running.address}/ws/users/", token=token) as first:
        await first.recv()
    async with AsyncExitStack() as stack:
        before = megabytes(web)
        for _ in range(WATCHERS):
            one = await stack.enter_async_context(connect_plainly(f"{running.address}/ws/users/", token=token))
            await one.recv()
        return megabytes(web) - before


def stopped_readers(running: Service, program: Program, web: psutil.Process) -> float:
    """Returns the memory held for clients that stop reading, during a job with a watcher that reads.

    One such client and one such job run before, so that the ring and one-time imports do not count.
    """
    with stuck(running, program.token):
        asyncio.run(read_all(running, program))
    with ExitStack() as stack:
        before = megabytes(web)
        for _ in range(STUCK):
            stack.enter_context(stuck(running, program.token))
        asyncio.run(read_all(running, program))
        return megabytes(web) - before


@contextmanager
def stuck(running: Service, token: str) -> Iterator[None]:
    """Subscribes to the whole log, and never reads a byte."""
    with socket.create_connection(("127.0.0.1", running.port)) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.sendall(handshake("/ws/users/?after=0", token))
        yield


async def read_all(running: Service, program: Program) -> None:
    async with connect_plainly(f"{running.address}/ws/users/", token=program.token) as socket:
        await socket.recv()
        making = asyncio.create_task(asyncio.to_thread(make, program, FLOOD))
        while "job.finished" not in (frame := str(await socket.recv())):
            last = frame.partition('"last":')[2].partition(",")[0]
            await socket.send(f'{{"type":"ack","offset":{last}}}')
        await making
