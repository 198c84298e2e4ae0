"""Kills that hit: a pool child is stopped, looked at while it cannot move, and killed only inside an open step."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path

import psycopg

from tests.chaos.truth import Truth
from tests.support import postgres
from tests.support.service import Service
from tests.support.waiting import wait_until

BUSY_TICKS = 3  # of 10 ms
WAL_WRITE_LOCK = "120"
OPEN_STEPS = """
    SELECT count(*) FROM pg_locks JOIN pg_class ON pg_class.oid = relation
    WHERE relname = 'arrivals_job' AND mode = 'RowShareLock' AND granted
"""

IsOpen = Callable[[int], bool]


@contextmanager
def database_url_of(kind: str) -> Iterator[str | None]:
    """A fresh PostgreSQL, or None for the SQLite that the service makes itself."""
    with postgres.running() if kind == "postgresql" else nullcontext() as url:
        yield url


def step_is_open(service: Service, database_url: str | None) -> IsOpen:
    """Whether a pool child has a step open; of PostgreSQL it can be told only for a pool of one child."""
    if database_url:
        return partial(_postgres_step_is_open, database_url)
    return partial(_sqlite_step_is_open, service.var_dir)


@contextmanager
def stopped_in_open_step(service: Service, is_open: IsOpen) -> Iterator[int | None]:
    """Stop each pool child in turn until one has a step open, and let it go on at the end; None when none had."""
    pid = next((pid for pid in service.pids().pool if _stops_in_open_step(pid, is_open)), None)
    try:
        yield pid
    finally:
        go_on(pid)


def kill_in_open_step(service: Service, is_open: IsOpen) -> bool:
    """False when no pool child had a step open."""
    with stopped_in_open_step(service, is_open) as pid:
        if pid:
            os.kill(pid, signal.SIGKILL)
    return pid is not None


def busiest(pids: Sequence[int]) -> int | None:
    """The process that computes most; None where none does for a second."""
    before = {pid: ticks(pid) for pid in pids}

    def more(pid: int) -> int:
        return ticks(pid) - before[pid]

    with suppress(AssertionError):
        wait_until(lambda: any(more(pid) >= BUSY_TICKS for pid in pids), 1)
        return max(pids, key=more)
    return None


def ticks(pid: int) -> int:
    """Of the processor that it has used, in its own code and in the kernel."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return int(user) + int(system)


def stop(pid: int) -> None:
    """Returns when it cannot move any more, or has ended meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: is_stopped(pid), 60)


def go_on(pid: int | None) -> None:
    with suppress(ProcessLookupError):
        if pid:
            os.kill(pid, signal.SIGCONT)


def is_stopped(pid: int) -> bool:
    """Or ended meanwhile."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"T", "t", "Z"}


def _stops_in_open_step(pid: int, is_open: IsOpen) -> bool:
    with suppress(ProcessLookupError, FileNotFoundError):
        stop(pid)
        if is_open(pid):
            return True
    go_on(pid)  # also where SQLite's files were gone, as they are while nobody is connected
    return False


def _sqlite_step_is_open(var_dir: Path, pid: int) -> bool:
    """Whether the process holds SQLite's write lock, as the kernel's list of locks says."""
    shm = str((var_dir / "db.sqlite3-shm").stat().st_ino)
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        mine = fields[1] == "POSIX" and fields[4] == str(pid) and fields[5].rpartition(":")[2] == shm
        if mine and fields[3] == "WRITE" and fields[6] == WAL_WRITE_LOCK:
            return True
    return False


def _postgres_step_is_open(url: str, pid: int) -> bool:
    """Whether a job is locked; read twenty times, as a COMMIT may be on its way."""
    with psycopg.connect(url, autocommit=True) as connection:
        answers = [connection.execute(OPEN_STEPS).fetchone() for _ in range(20)]
    return all(answer and answer[0] for answer in answers)


def work_so_far(service: Service, database_url: str | None) -> int:
    return Truth(service.var_dir, database_url).work_so_far()
