"""Inserts many rows with one INSERT, in SQL that SQLite and PostgreSQL both take.

Only the functions that read a JSON list differ. `bulk_create` spends its time in the ORM's preparation of each field of
each row (29 us a user). Here the values that differ from row to row are ONE parameter, a JSON text, and the values that
all rows share are sent once.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

SENT_AS_TEXT = (date, time, timedelta, Decimal, UUID)


def insert_rows(
    model: type[models.Model],
    *,
    fields: Sequence[str],
    rows: Sequence[Sequence[Any]],
    shared: Mapping[str, Any],
    returning: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Inserts one row or more: each has its own values for `fields`, and all have the values in `shared`.

    Without `returning`, inserts every row or raises IntegrityError. With `returning`, skips rows that break a unique
    constraint, and returns these columns of the inserted rows in no order. A row's value is text, a number, a boolean,
    a date, a UUID or None; any other type raises TypeError.
    """
    quote = connection.ops.quote_name
    column = {field.name: quote(str(field.column)) for field in model._meta.concrete_fields}
    into = ", ".join(column[name] for name in (*fields, *shared))
    selected = _list_members([model._meta.get_field(name) for name in fields]) + ["%s"] * len(shared)
    rows_of_list = "json_each(%s)" if connection.vendor == "sqlite" else "json_array_elements(%s::json)"
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({into}) SELECT {', '.join(selected)} FROM {rows_of_list}"  # noqa: S608 (names and placeholders only)
    if returning:
        # Without WHERE, SQLite would read ON CONFLICT as part of a join.
        sql += f" WHERE true ON CONFLICT DO NOTHING RETURNING {', '.join(column[name] for name in returning)}"
    encoded = json.dumps(rows, default=_as_text, separators=(",", ":"))
    with connection.cursor() as cursor:
        cursor.execute(sql, [*shared.values(), encoded])
        return cursor.fetchall() if returning else []


def column_values(instance: models.Model, *, without: Sequence[str]) -> dict[str, Any]:
    """Returns the instance's values in the database's form, by field name.

    Leaves out the fields `without`, and values that the database makes: automatic keys, generated columns, defaults.
    """
    values = {
        field.name: field.get_db_prep_save(field.pre_save(instance, add=True), connection)
        for field in instance._meta.concrete_fields
        if field.name not in without and not isinstance(field, models.AutoField) and not field.generated
    }
    return {name: value for name, value in values.items() if not isinstance(value, DatabaseDefault)}


def _list_members(fields: Sequence[Any]) -> list[str]:
    if connection.vendor == "sqlite":
        return [f"json_extract(value, '$[{number}]')" for number, _ in enumerate(fields)]
    types = [field.rel_db_type(connection) if field.remote_field else field.db_type(connection) for field in fields]
    # A cast to a type with a length would cut a text that is too long; without the length, the INSERT refuses it.
    return [f"(value->>{number})::{kind.partition('(')[0]}" for number, kind in enumerate(types)]


def _as_text(value: object) -> str:
    if isinstance(value, SENT_AS_TEXT):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be a value of a row.")
