"""Kills that hit: a pool child is stopped, looked at while it cannot move, and killed only inside an open step."""

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import psycopg

from tests import postgres
from tests.service import Service
from tests.waiting import wait_until

WAL_WRITE_LOCK = "120"
WORK_DONE = "SELECT coalesce(sum(created + removed_through), 0) FROM task_job"
OPEN_STEPS = """
    SELECT count(*) FROM pg_locks JOIN pg_class ON pg_class.oid = relation
    WHERE relname = 'task_job' AND mode = 'RowShareLock' AND granted
"""

IsOpen = Callable[[int], bool]


@contextmanager
def database_url_of(kind: str) -> Iterator[str | None]:
    """A fresh PostgreSQL, or None for the SQLite that the service makes itself."""
    with postgres.running() if kind == "postgresql" else nullcontext() as url:
        yield url


def sqlite_step_is_open(var_dir: Path) -> IsOpen:
    """Whether the process holds SQLite's write lock, as the kernel's list of locks says."""

    def is_open(pid: int) -> bool:
        shm = str((var_dir / "db.sqlite3-shm").stat().st_ino)
        for line in Path("/proc/locks").read_text().splitlines():
            fields = line.split()
            mine = fields[1] == "POSIX" and fields[4] == str(pid) and fields[5].rpartition(":")[2] == shm
            if mine and fields[3] == "WRITE" and fields[6] == WAL_WRITE_LOCK:
                return True
        return False

    return is_open


def postgres_step_is_open(url: str) -> IsOpen:
    """Whether a job is locked; right for a pool of one child, and read twice as a COMMIT may be on its way."""

    def is_open(pid: int) -> bool:
        with psycopg.connect(url, autocommit=True) as connection:
            answers = [connection.execute(OPEN_STEPS).fetchone() for _ in range(20)]
        return all(answer and answer[0] for answer in answers)

    return is_open


def kill_in_open_step(service: Service, is_open: IsOpen) -> bool:
    """Stop each pool child in turn and kill the first that has a step open; False when none had."""
    for pid in service.pids().pool:
        try:
            os.kill(pid, signal.SIGSTOP)
            wait_until(lambda pid=pid: _is_stopped(pid), 5)  # type: ignore[misc]
            if is_open(pid):
                os.kill(pid, signal.SIGKILL)
                return True
            os.kill(pid, signal.SIGCONT)
        except (ProcessLookupError, FileNotFoundError):
            continue
    return False


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"T", "t", "Z"}


def work_so_far(service: Service, database_url: str | None) -> int:
    """How many accounts were made and looked at again by removals, asked of the database itself."""
    if database_url:
        with psycopg.connect(database_url) as connection:
            row = connection.execute(WORK_DONE).fetchone()
    else:
        connection_to_file = sqlite3.connect(f"file:{service.var_dir / 'db.sqlite3'}?mode=ro", uri=True, timeout=20)
        row = connection_to_file.execute(WORK_DONE).fetchone()
        connection_to_file.close()
    return int(row[0]) if row else 0
