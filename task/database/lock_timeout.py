"""A short lock timeout, for optional writes that must not wait for other transactions."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

SHORT_MS = 100


@contextmanager
def short() -> Iterator[None]:
    """Opens a durable transaction that raises OperationalError instead of waiting over 0.1 s for a lock."""
    with _short_on_sqlite() if connection.vendor == "sqlite" else _short_on_postgresql():
        yield


@contextmanager
def _short_on_sqlite() -> Iterator[None]:
    """Sets the timeout outside the transaction, because BEGIN is what waits, and resets it for the next user of the
    connection.
    """
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        before = int(cursor.fetchone()[0])
        cursor.execute(f"PRAGMA busy_timeout = {SHORT_MS}")
    try:
        with transaction.atomic(durable=True):
            yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {before}")


@contextmanager
def _short_on_postgresql() -> Iterator[None]:
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {SHORT_MS}")
        yield
