"""How long a write may wait for others: for what is nice to have written, and not worth keeping anybody waiting."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

SHORT_MS = 100


@contextmanager
def short() -> Iterator[None]:
    """A transaction of its own that gives up with OperationalError rather than wait over 0.1 s for another's lock."""
    with _short_on_sqlite() if connection.vendor == "sqlite" else _short_on_postgresql():
        yield


@contextmanager
def _short_on_sqlite() -> Iterator[None]:
    """BEGIN is what waits there; the pragma belongs to the connection, which others use afterwards."""
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
