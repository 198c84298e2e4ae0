"""Reads what a service's database really holds, without the service and its code."""

import json
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

PATIENCE_SECONDS = 240
WORK = "SELECT coalesce(sum(created + removed_through), 0) FROM arrivals_job"
AT_WORK = "SELECT id FROM arrivals_job WHERE state IN ('queued', 'running', 'removing') ORDER BY id"
JOBS = "SELECT id, state, total, created FROM arrivals_job ORDER BY id"
NUMBERS = "SELECT number FROM arrivals_account WHERE job_id = {} ORDER BY number"
LOG = 'SELECT payload FROM arrivals_feed_batch WHERE "last" > {} ORDER BY "last"'
HEAD = "SELECT epoch, head FROM arrivals_feed_feedhead WHERE name = 'users'"
OPEN_TRANSACTIONS = """
    SELECT application_name, state, query FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
"""


@dataclass(frozen=True)
class JobRow:
    pk: int
    state: str
    total: int
    created: int


@dataclass(frozen=True)
class Truth:
    """Reads a PostgreSQL, or the SQLite file in `var_dir`. Retries for four minutes while it is unavailable."""

    var_dir: Path
    database_url: str | None = None

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._rows(sql)
            except (sqlite3.OperationalError, psycopg.OperationalError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def work_so_far(self) -> int:
        """Returns how many accounts were made, plus how many were checked by removals."""
        return int(self.rows(WORK)[0][0])

    def jobs(self) -> dict[int, JobRow]:
        return {row[0]: JobRow(*row) for row in self.rows(JOBS)}

    def jobs_at_work(self) -> list[int]:
        return [row[0] for row in self.rows(AT_WORK)]

    def numbers(self, job: int) -> list[int]:
        return [row[0] for row in self.rows(NUMBERS.format(job))]

    def cursor(self) -> tuple[str, int]:
        """Returns the feed's epoch and head, or an empty epoch and 0 before its first use."""
        found = self.rows(HEAD)
        return (str(UUID(str(found[0][0]))), int(found[0][1])) if found else ("", 0)

    def log(self, after: int) -> list[dict[str, Any]]:
        batches = (json.loads(row[0]) for row in self.rows(LOG.format(after)))
        return [event for batch in batches for event in batch if event["offset"] > after]

    def open_transactions(self) -> list[str]:
        """Returns a text for each open transaction; at most one on SQLite, where any fails a full checkpoint."""
        if self.database_url:
            return [str(row) for row in self.rows(OPEN_TRANSACTIONS)]
        file = sqlite3.connect(self.var_dir / "db.sqlite3", timeout=1)
        try:
            is_busy = file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.OperationalError:
            is_busy = True
        finally:
            file.close()
        return ["a reader or a writer of SQLite"] if is_busy else []

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        if self.database_url:
            with psycopg.connect(self.database_url, autocommit=True) as connection:
                return connection.execute(sql.encode()).fetchall()
        file = sqlite3.connect(f"file:{self.var_dir / 'db.sqlite3'}?mode=ro", uri=True, timeout=20)
        try:
            return file.execute(sql).fetchall()
        finally:
            file.close()
