"""One INSERT for many rows, in SQL that SQLite and PostgreSQL both take.

`bulk_create` spends its time in the ORM's preparation of each field of each row (29 us a user). Here only what differs
is sent a row, and what is the same in all of them once.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models


def insert(
    model: type[models.Model],
    *,
    fields: Sequence[str],
    rows: Sequence[Sequence[Any]],
    same: Mapping[str, Any],
    returning: Sequence[str],
) -> list[tuple[Any, ...]]:
    """Insert rows (one at least) of values for `fields`, and the `same` others for all; leave out what is not unique.

    Returns the columns `returning` of what was inserted, in no order. `column1`, `column2`, ... are what both databases
    call the columns of VALUES; without WHERE, SQLite would take ON CONFLICT for a join.
    """
    quote = connection.ops.quote_name
    column = {field.name: quote(str(field.column)) for field in model._meta.concrete_fields}
    places = ", ".join(["(" + ", ".join(["%s"] * len(fields)) + ")"] * len(rows))
    selected = [f"column{number}" for number in range(1, len(fields) + 1)] + ["%s"] * len(same)
    sql = (  # names of columns and placeholders only
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(column[name] for name in (*fields, *same))}) "  # noqa: S608
        f"SELECT {', '.join(selected)} FROM (VALUES {places}) AS given WHERE true ON CONFLICT DO NOTHING "
        f"RETURNING {', '.join(column[name] for name in returning)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*same.values(), *(value for row in rows for value in row)])
        return list(cursor.fetchall())


def prepared(instance: models.Model, *, without: Sequence[str]) -> dict[str, Any]:
    """The instance's values as the database takes them, but for the fields `without` and a key that it makes itself."""
    return {
        field.name: field.get_db_prep_save(field.pre_save(instance, add=True), connection)
        for field in instance._meta.concrete_fields
        if field.name not in without and not isinstance(field, models.AutoField)
    }
