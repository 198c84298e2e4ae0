"""One INSERT for many rows, in SQL that SQLite and PostgreSQL both take but for how they read a list of JSON.

`bulk_create` spends its time in the ORM's preparation of each field of each row (29 us a user). Here what differs from
row to row is ONE parameter, a JSON text, and what is the same in all of them is sent once.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

AS_TEXT = (date, time, timedelta, Decimal, UUID)


def insert(
    model: type[models.Model],
    *,
    fields: Sequence[str],
    rows: Sequence[Sequence[Any]],
    same: Mapping[str, Any],
    returning: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Insert rows (one at least) of values for `fields`, and the `same` others for all: every one, or IntegrityError.

    With `returning`, leave out what is not unique, and return these columns of what was inserted, in no order. A value
    of a row is text, a number, a truth value, a date, a UUID or None.
    """
    quote = connection.ops.quote_name
    column = {field.name: quote(str(field.column)) for field in model._meta.concrete_fields}
    selected = _members([model._meta.get_field(name) for name in fields]) + ["%s"] * len(same)
    sql = (  # names of columns and types, and placeholders only
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(column[name] for name in (*fields, *same))}) "  # noqa: S608
        f"SELECT {', '.join(selected)} FROM {_list()}{_leaving_out([column[name] for name in returning])}"
    )
    given = json.dumps(rows, default=_text, separators=(",", ":"))
    with connection.cursor() as cursor:
        cursor.execute(sql, [*same.values(), given])
        return cursor.fetchall() if returning else []


def prepared(instance: models.Model, *, without: Sequence[str]) -> dict[str, Any]:
    """The instance's values as the database takes them, but for the fields `without` and what it makes itself."""
    values = {
        field.name: field.get_db_prep_save(field.pre_save(instance, add=True), connection)
        for field in instance._meta.concrete_fields
        if field.name not in without and not isinstance(field, models.AutoField) and not field.generated
    }
    return {name: value for name, value in values.items() if not isinstance(value, DatabaseDefault)}


def _leaving_out(returning: Sequence[str]) -> str:
    """Without WHERE, SQLite would take ON CONFLICT for a join."""
    return f" WHERE true ON CONFLICT DO NOTHING RETURNING {', '.join(returning)}" if returning else ""


def _list() -> str:
    return "json_each(%s)" if connection.vendor == "sqlite" else "json_array_elements(%s::json)"


def _members(fields: Sequence[Any]) -> list[str]:
    """The members of a row's list. A cast to a type with a length would cut the text; without one it is refused."""
    if connection.vendor == "sqlite":
        return [f"json_extract(value, '$[{number}]')" for number, _ in enumerate(fields)]
    types = [field.rel_db_type(connection) if field.remote_field else field.db_type(connection) for field in fields]
    return [f"(value->>{number})::{kind.partition('(')[0]}" for number, kind in enumerate(types)]


def _text(value: object) -> str:
    if isinstance(value, AS_TEXT):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be a value of a row.")
