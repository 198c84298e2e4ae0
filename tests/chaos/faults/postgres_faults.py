"""Failures of a step's transaction that PostgreSQL causes. Each is forced, and counts only once it has happened."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from tests.chaos.faults.strikes import go_on, stop
from tests.support.services.service import Service
from tests.support.waiting import wait_until

PATIENCE_SECONDS = 15

IN_A_STEP = """
    SELECT count(pg_terminate_backend(activity.pid)) FROM pg_stat_activity AS activity
    WHERE activity.pid IN (
        SELECT pid FROM pg_locks JOIN pg_class ON pg_class.oid = relation
        WHERE relname = 'arrivals_job' AND mode = 'RowShareLock' AND granted
    ) AND xact_start IS NOT NULL AND activity.pid <> pg_backend_pid()
"""
FROZEN_STEPS = """
    SELECT count(*) FROM pg_stat_activity JOIN pg_locks USING (pid) JOIN pg_class ON pg_class.oid = relation
    WHERE relname = 'arrivals_job' AND state = 'idle in transaction' AND clock_timestamp() - xact_start > '0.5s'
"""
STEPS_THAT_WAIT = """
    SELECT count(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND query LIKE '%arrivals_feed_feedhead%' AND pid <> pg_backend_pid()
"""
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
LOCK_FEED = "SELECT 1 FROM arrivals_feed_feedhead FOR UPDATE"
LOCK_JOBS = "SELECT 1 FROM arrivals_job WHERE state IN ('running', 'removing') FOR UPDATE"

# A rollback does not reset a sequence, so exactly the first {times} inserts fail.
FAILING_INSERTS = """
    CREATE SEQUENCE failures;
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('failures') <= {times} THEN
            RAISE EXCEPTION 'could not serialize access due to concurrent update' USING ERRCODE = '40001';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER fail AFTER INSERT ON arrivals_account FOR EACH STATEMENT EXECUTE FUNCTION fail();
"""
FAILED = "SELECT last_value FROM failures"
NO_FAILING_INSERTS = "DROP TRIGGER fail ON arrivals_account; DROP FUNCTION fail; DROP SEQUENCE failures"


class PostgresFaults:
    def __init__(self, url: str) -> None:
        self._url = url

    def cut_in_a_step(self) -> bool:
        """pg_terminate_backend on the connections that hold a job's lock."""
        with self._connected() as connection:
            return _one(connection, IN_A_STEP) > 0

    def deadlock(self) -> bool:
        """Takes the locks of a step in reverse order. Its deadlock_timeout is longer, so the victim is the step.

        A session checks for a deadlock once. With two steps, the other one may have checked too early: then this
        session is the victim, and the strike missed.
        """
        before = self._deadlocks()
        try:
            with self._connected() as connection, connection.transaction():
                connection.execute("SET LOCAL deadlock_timeout = '5s'")
                connection.execute(LOCK_FEED)
                if not _becomes_true(self._is_waiting):
                    return False
                connection.execute(LOCK_JOBS)
        except psycopg.errors.DeadlockDetected:
            return False
        wait_until(lambda: self._deadlocks() > before)
        return True

    def serialization_failures(self, times: int) -> bool:
        """Makes `times` steps in a row fail with 40001 when they insert accounts."""
        with self._connected() as connection:
            connection.execute(FAILING_INSERTS.format(times=times).encode())
            try:
                return _becomes_true(lambda: _one(connection, FAILED) > times)
            finally:
                connection.execute(NO_FAILING_INSERTS)

    def freeze_in_a_step(self, service: Service) -> int | None:
        """Stops a pool child that has an open transaction, and returns its pid. Returns None if no child has one."""
        for pid in service.pids().pool:
            stop(pid)
            if _becomes_true(self.has_frozen_step, 1):
                return pid
            go_on(pid)
        return None

    def has_frozen_step(self) -> bool:
        with self._connected() as connection:
            return _one(connection, FROZEN_STEPS) > 0

    def statement_timeout(self) -> bool:
        """Locks the feed until the statement timeout cancels a step that waits for it."""
        with self._connected() as connection:
            connection.execute("ALTER DATABASE postgres SET statement_timeout = '200ms'")
            try:
                return _becomes_true(lambda: self._is_cancelled(connection))
            finally:
                connection.execute("ALTER DATABASE postgres RESET statement_timeout")

    def _is_cancelled(self, connection: psycopg.Connection[Any]) -> bool:
        """Returns whether a waiting step was cancelled. A lane that began before the timeout was set has none."""
        with connection.transaction():
            connection.execute("SET LOCAL statement_timeout = 0")
            connection.execute(LOCK_FEED)
            return _becomes_true(self._is_waiting) and _becomes_true(lambda: not self._is_waiting(), 1)

    def _is_waiting(self) -> bool:
        with self._connected() as connection:
            return _one(connection, STEPS_THAT_WAIT) > 0

    def _deadlocks(self) -> int:
        with self._connected() as connection:
            return _one(connection, DEADLOCKS)

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self._url, autocommit=True) as connection:
            yield connection


def _one(connection: psycopg.Connection[Any], sql: str) -> int:
    row = connection.execute(sql.encode()).fetchone()
    return int(row[0]) if row else 0


def _becomes_true(predicate: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
    """Returns whether the predicate becomes true in time. It may not, because all work may have ended."""
    with suppress(AssertionError):
        return wait_until(predicate, seconds)
    return False
