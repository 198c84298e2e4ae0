"""Kills that hit: a pool child is stopped, checked while it cannot move, and killed only inside an open step."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path

import psycopg

from tests.chaos.checks.truth import Truth
from tests.support.services import postgres
from tests.support.services.service import Service
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
    """Yields the URL of a fresh PostgreSQL, or None for the SQLite that the service makes itself."""
    with postgres.running() if kind == "postgresql" else nullcontext() as url:
        yield url


def step_is_open(service: Service, database_url: str | None) -> IsOpen:
    """Returns a check whether a pool child has a step open. On PostgreSQL it works only for a pool of one child."""
    if database_url:
        return partial(_postgres_step_is_open, database_url)
    return partial(_sqlite_step_is_open, service.var_dir)


@contextmanager
def stopped_in_open_step(service: Service, is_open: IsOpen) -> Iterator[int | None]:
    """Stops each pool child in turn until one has a step open, and resumes it at the end. Yields None if none has."""
    pid = next((pid for pid in service.pids().pool if _stops_in_open_step(pid, is_open)), None)
    try:
        yield pid
    finally:
        go_on(pid)


def kill_in_open_step(service: Service, is_open: IsOpen) -> bool:
    """Kills a pool child that has a step open. Returns False if none has."""
    with stopped_in_open_step(service, is_open) as pid:
        if pid:
            os.kill(pid, signal.SIGKILL)
    return pid is not None


def busiest(pids: Sequence[int]) -> int | None:
    """Returns the process that uses the most CPU, or None if none uses any within a second."""
    before = {pid: ticks(pid) for pid in pids}

    def more(pid: int) -> int:
        return ticks(pid) - before[pid]

    with suppress(AssertionError):
        wait_until(lambda: any(more(pid) >= BUSY_TICKS for pid in pids), 1)
        return max(pids, key=more)
    return None


def ticks(pid: int) -> int:
    """Returns the CPU time that the process has used, in user mode and in the kernel."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return int(user) + int(system)


def stop(pid: int) -> None:
    """Stops the process. Returns when it is stopped, or has ended."""
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: is_stopped(pid))


def go_on(pid: int | None) -> None:
    with suppress(ProcessLookupError):
        if pid:
            os.kill(pid, signal.SIGCONT)


def is_stopped(pid: int) -> bool:
    """Returns whether the process is stopped or has ended."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"T", "t", "Z"}


def _stops_in_open_step(pid: int, is_open: IsOpen) -> bool:
    with suppress(ProcessLookupError, FileNotFoundError):
        stop(pid)
        if is_open(pid):
            return True
    go_on(pid)  # also if SQLite's files are missing, as they are without a connection
    return False


def _sqlite_step_is_open(var_dir: Path, pid: int) -> bool:
    """Returns whether the process holds SQLite's write lock, by the kernel's list of locks."""
    shm = str((var_dir / "db.sqlite3-shm").stat().st_ino)
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        mine = fields[1] == "POSIX" and fields[4] == str(pid) and fields[5].rpartition(":")[2] == shm
        if mine and fields[3] == "WRITE" and fields[6] == WAL_WRITE_LOCK:
            return True
    return False


def _postgres_step_is_open(url: str, pid: int) -> bool:
    """Returns whether a job is locked. Reads twenty times, because a COMMIT may be on its way."""
    with psycopg.connect(url, autocommit=True) as connection:
        answers = [connection.execute(OPEN_STEPS).fetchone() for _ in range(20)]
    return all(answer and answer[0] for answer in answers)


def work_so_far(service: Service, database_url: str | None) -> int:
    return Truth(service.var_dir, database_url).work_so_far()
