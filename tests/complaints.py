"""What old code would stumble over beside new code, or the other way round, told from their formats alone. Pure."""

from collections.abc import Iterator
from typing import Any

Formats = dict[str, Any]


def complaints(old: Formats, new: Formats) -> list[str]:
    """What code of `old` would stumble over beside code of `new`, or the other way round."""
    return [*_of_tables(old["tables"], new["tables"]), *_of_tasks(old, new), *_of_fields(old, new)]


def _of_tables(old: Formats, new: Formats) -> Iterator[str]:
    for name, table in old.items():
        if name not in new:
            yield f"The table {name} is gone, which old code reads."
            continue
        yield from _of_columns(name, table["columns"], new[name]["columns"])
        for constraint in sorted(set(new[name]["constraints"]) - set(table["constraints"])):
            yield f"{name} has a new constraint {constraint}, which a row of old code may break."


def _of_columns(table: str, old: Formats, new: Formats) -> Iterator[str]:
    for name, column in old.items():
        now = new.get(name)
        if now is None:
            yield f"The column {table}.{name} is gone, which old code reads."
        elif now["type"] != column["type"]:
            yield f"The column {table}.{name} has another type than old code expects."
        elif (column["null"] and not now["null"]) or (now["unique"] and not column["unique"]):
            yield f"The column {table}.{name} refuses what old code may write."
    for name in sorted(set(new) - set(old)):
        if new[name]["needed"]:
            yield f"Old code inserts into {table} without {name}: give it a db_default, or let it be null."


def _of_tasks(old: Formats, new: Formats) -> Iterator[str]:
    """Beat is the last to become new, so it alone may send a task at once: where a worker of before leaves that out,
    nothing is lost that there was. A task that it knows it must understand, or the rescue would stand still.
    """
    for name in sorted(set(old["tasks"]) - set(new["tasks"])):
        yield f"The task {name} is gone, which old code sends."
    for sender, task, fields in _messages(new):
        taken = old["tasks"].get(task)
        if taken is None and sender != "beat":
            yield f"Workers of before do not know the task {task}, which {sender} sends."
        for field in sorted(set(fields) - set(fields if taken is None or "**" in taken else taken)):
            yield f"{sender} sends {task} with {field}, which workers of before refuse."
    for sender, task, fields in _messages(old):
        for field in sorted(set(fields) - set(new["tasks"].get(task, fields))):
            yield f"{task} no longer takes {field}, which {sender} of before sends."


def _messages(formats: Formats) -> Iterator[tuple[str, str, list[str]]]:
    for sender, messages in formats["sent"]["messages"].items():
        for task, fields in messages.items():
            yield sender, task, fields


def _of_fields(old: Formats, new: Formats) -> Iterator[str]:
    for kind, fields in old["events"].items():
        yield from _lost(f"The event {kind}", fields, new["events"].get(kind))
    yield from _lost("The hint", old["sent"]["hint"], new["sent"]["hint"])


def _lost(what: str, old: Any, new: Any) -> Iterator[str]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield f"{what} is gone or of another kind, which old code reads."
        return
    for name, kind in old.items():
        yield from _lost(f"{what}, field {name},", kind, new.get(name))
