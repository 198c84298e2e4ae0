"""Rows of bare users, and the fastest way to insert them into the user table, to which other ways are compared."""

import datetime
import secrets
from collections.abc import Sequence
from itertools import count
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction

COLUMNS = (
    "password",
    "is_superuser",
    "username",
    "first_name",
    "last_name",
    "email",
    "is_staff",
    "is_active",
    "date_joined",
)
AT_ONCE = 2_500
HASH = "pbkdf2_sha256$1$" + "s" * 24 + "$" + "h" * 44
UNKNOWN = 2**61 - 1

Row = tuple[Any, ...]

_numbers = count(secrets.randbelow(2**50))  # a random start, because each process counts by itself


def ready(number: int) -> list[Row]:
    """Returns rows with new names in no order, like those of accounts."""
    now = datetime.datetime.now(datetime.UTC)
    at = now.isoformat(" ") if connection.vendor == "postgresql" else now.strftime("%Y-%m-%d %H:%M:%S.%f")
    names = [f"bare_{next(_numbers) * 0x9E3779B97F4A7C15 % UNKNOWN:016x}" for _ in range(number)]
    return [(HASH, False, name, "", "", f"{name}@example.com", False, True, at) for name in names]


def insert_raw(rows: Sequence[Row]) -> None:
    """Inserts by `executemany` on SQLite and COPY on PostgreSQL, 2,500 rows in a transaction."""
    for start in range(0, len(rows), AT_ONCE):
        with transaction.atomic(), connection.cursor() as cursor:
            _insert(cursor, rows[start : start + AT_ONCE])


def fill(number: int) -> None:
    for start in range(0, number, 100_000):
        insert_raw(ready(min(100_000, number - start)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _insert(cursor: Any, rows: Sequence[Row]) -> None:
    table, names = get_user_model()._meta.db_table, ", ".join(COLUMNS)
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        places = ", ".join(["%s"] * len(COLUMNS))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)
