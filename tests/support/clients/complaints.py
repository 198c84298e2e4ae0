"""Finds incompatibilities between old and new code that run together, from their formats alone. Pure."""

from collections.abc import Iterator
from math import inf
from typing import Any

Formats = dict[str, Any]


def complaints(old: Formats, new: Formats) -> list[str]:
    """Returns a sentence for each incompatibility of code of `old` with code of `new`, in both directions."""
    return [*_of_tables(old["tables"], new["tables"]), *_of_tasks(old, new), *_of_fields(old, new)]


def _of_tables(old: Formats, new: Formats) -> Iterator[str]:
    for name, table in old.items():
        if name not in new:
            yield f"The table {name} is gone, which old code reads."
            continue
        yield from _of_columns(name, table["columns"], new[name]["columns"])
        for constraint in sorted(set(new[name]["constraints"]) - set(table["constraints"])):
            yield f"A row of old code may break a constraint of {name} that is new or changed: {constraint}"


def _of_columns(table: str, old: Formats, new: Formats) -> Iterator[str]:
    for name, column in old.items():
        if name not in new:
            yield f"The column {table}.{name} is gone, which old code reads."
        else:
            yield from _of_column(f"The column {table}.{name}", column, new[name])
    for name in sorted(set(new) - set(old)):
        if new[name]["needed"]:
            yield f"Old code inserts into {table} without {name}: give it a db_default, or let it be null."


def _of_column(what: str, old: Formats, new: Formats) -> Iterator[str]:
    """Yields changes of a column, and choices that one side does not know.

    A page looks up a job's sign by its state, and an act's verb by its kind. It answers 500 for an unknown choice.
    """
    if new["type"] != old["type"]:
        yield f"{what} is a {new['type']}, and old code expects a {old['type']}."
    for refused in _refused(old, new):
        yield f"{what} refuses {refused}, which old code may write."
    for value in sorted(set(new["choices"]) - set(old["choices"])):
        yield f"{what} may hold {value!r}, which old code does not know."
    for value in sorted(set(old["choices"]) - set(new["choices"])):
        yield f"{what} may still hold {value!r} from old code, which new code does not know."


def _refused(old: Formats, new: Formats) -> Iterator[str]:
    if old["null"] and not new["null"]:
        yield "null"
    if new["needed"] and not (old["needed"] or old["null"]):
        yield "a row without it"
    if new["unique"] and not old["unique"]:
        yield "a value twice"
    if (new["max_length"] or inf) < (old["max_length"] or inf):
        yield f"more than {new['max_length']} characters"


def _of_tasks(old: Formats, new: Formats) -> Iterator[str]:
    """Yields incompatible messages between senders and workers.

    Only beat may send a new task at once: it is updated last, and an older worker that ignores the task loses nothing
    that existed before. An older worker must understand every task that it knows, otherwise the rescue would stop.
    """
    for name in sorted(set(old["tasks"]) - set(new["tasks"])):
        yield f"The task {name} is gone, which old code sends."
    for sender, task, fields in _messages(new):
        taken = old["tasks"].get(task)
        if taken is None and sender != "beat":
            yield f"Older workers do not know the task {task}, which {sender} sends."
        for field in sorted(set(fields) - set(fields if taken is None or "**" in taken else taken)):
            yield f"{sender} sends {task} with {field}, which older workers refuse."
    for sender, task, fields in _messages(old):
        takes = new["tasks"].get(task, dict.fromkeys(fields, False))
        for field in sorted(set(fields) - set(takes)):
            yield f"{task} no longer takes {field}, which an older {sender} sends."
        for field in sorted(name for name, is_needed in takes.items() if is_needed and name not in fields):
            yield f"{task} needs {field}, which an older {sender} does not send."


def _messages(formats: Formats) -> Iterator[tuple[str, str, list[str]]]:
    for sender, messages in formats["sent"]["messages"].items():
        for task, fields in messages.items():
            yield sender, task, fields


def _of_fields(old: Formats, new: Formats) -> Iterator[str]:
    for kind, fields in old["events"].items():
        yield from _lost(f"The event {kind}", fields, new["events"].get(kind))
    yield from _lost("The hint", old["sent"]["hint"], new["sent"]["hint"])
    yield from _lost("The access hint", old["sent"].get("access_hint", {}), new["sent"]["access_hint"])


def _lost(what: str, old: Any, new: Any) -> Iterator[str]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield f"{what} is gone or of another kind, which old code reads."
        return
    for name, kind in old.items():
        yield from _lost(f"{what}, field {name},", kind, new.get(name))
