"""Formats that old and new code share while both run: tables, messages, hints and events.

tests/released_formats.json holds the formats of the last release, and is written at a release only. tests/formats.json
holds those of the current code, with the complaints accepted since. CONTRIBUTING.md says when to run which command:

    python -m tests.support.formats            records the current formats, unless they break the last release
    python -m tests.support.formats --accept   records them in any case, with the complaints
    python -m tests.support.formats --release  makes the current formats those of the last release
"""

import inspect
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import django
from celery import Celery, current_app
from django.apps import apps
from django.conf import settings
from django.db.models import NOT_PROVIDED, Field

from asgi_config.worker.lifecycle import request_rescue
from realtime import hints
from realtime.protocol import Batch
from task import events
from tests.support.clients.complaints import Formats, complaints

FILE = Path(__file__).resolve().parent.parent / "formats.json"
RELEASED = FILE.with_name("released_formats.json")
OURS = ("asgi_config", "realtime", "task")
AT = datetime(2026, 1, 1, tzinfo=UTC)


def recorded() -> Formats:
    """Returns the recorded formats, and the complaints `accepted` since the last release."""
    return json.loads(FILE.read_text())  # type: ignore[no-any-return]


def released() -> Formats:
    return json.loads(RELEASED.read_text())  # type: ignore[no-any-return]


def present() -> Formats:
    """Returns the formats of the code, without a broker. test_formats.py compares them with real messages."""
    return {"tables": _tables(), "tasks": _tasks(), "events": _events(), "sent": _sent()}


def _tables() -> Formats:
    configs = [config for config in apps.get_app_configs() if config.name in OURS]
    models = [model for config in configs for model in config.get_models()]
    return {model._meta.db_table: _table(model) for model in models}


def _table(model: Any) -> Formats:
    columns = {field.column: _column(field) for field in model._meta.local_concrete_fields}
    return {"columns": columns, "constraints": sorted(map(repr, model._meta.constraints))}


def _column(field: "Field[Any, Any]") -> Formats:
    """`needed` means that an INSERT without the column fails. Django's `default` is not in the database."""
    is_given = field.null or field.db_default is not NOT_PROVIDED or "Auto" in field.get_internal_type()
    return {
        "type": field.get_internal_type(),
        "null": field.null,
        "unique": field.unique,
        "needed": not is_given,
        "max_length": field.max_length,
        "choices": sorted(str(value) for value, _ in field.flatchoices),
    }


def _tasks() -> Formats:
    """Returns each task's arguments, and whether it needs them. `**` means that it ignores any others."""
    for app in OURS:
        import_module(f"{app}.tasks")
    ours = {name: task for name, task in current_app.tasks.items() if name.partition(".")[0] in OURS}
    return {name: dict(map(_argument, inspect.signature(task.run).parameters.values())) for name, task in ours.items()}


def _argument(parameter: inspect.Parameter) -> tuple[str, bool]:
    if parameter.kind is parameter.VAR_KEYWORD:
        return "**", False
    return parameter.name, parameter.default is parameter.empty


def _events() -> Formats:

    user = events.user_created(
        user_id=1,
        user=events.user_fields("a", "a@example.com"),
        joined_at=events.wire_time(AT),
        job=events.job_fields(1, 1, 1),
    )
    texts = [user, events.user_removed(user_id=1, username="a", job_id=1)]
    states = {*apps.get_model("arrivals", "Job").State.values, "started"} - {"running"}
    texts += [
        events.job_changed(state, job_id=1, total=1, created=1, error="e" * (state == "failed")) for state in states
    ]
    return {event["type"]: kinds(event) for event in map(json.loads, texts)}


def _sent() -> Formats:
    hint = hints.compose(UUID(int=1), [Batch(first=1, last=1, key="", frame="")])
    senders = {"beat": _beat, "request_rescue": request_rescue, "dispatch": _dispatch}
    access_hint = hints.compose_access_change("1")
    return {
        "hint": kinds(hint),
        "access_hint": kinds(access_hint),
        "messages": {name: _caught(send) for name, send in senders.items()},
    }


def _caught(send: Callable[[], object]) -> Formats:
    """Returns the named arguments of each message, by task, without sending it to the broker."""
    caught: dict[str, set[str]] = {}

    def catch(_: Celery, task: str, args: Any = None, kwargs: Any = None, **options: Any) -> None:
        caught.setdefault(task, set()).update(kwargs or {})

    with patch.object(Celery, "send_task", catch):
        send()
    return {task: sorted(fields) for task, fields in caught.items()}


def _beat() -> None:
    entry: Any
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        current_app.send_task(entry["task"], kwargs=entry.get("kwargs"))


def _dispatch() -> None:
    """Imports the module by name, because it needs the models, which are not loaded when this file is run."""
    import_module("task.jobs.leases").dispatch(1, UUID(int=1))


def kinds(value: Any) -> Any:
    """Returns the type name of a JSON value; for an object or a list, the type names inside."""
    if isinstance(value, dict):
        return {name: kinds(one) for name, one in sorted(value.items())}
    return [kinds(one) for one in value] if isinstance(value, list) else type(value).__name__


def record(write: Callable[[str], object] = sys.stderr.write, *, accepts: bool = False) -> int:
    found = present()
    faults = complaints(released(), found)
    new = [fault for fault in faults if fault not in recorded()["accepted"]]
    for fault in new:
        write(f"{fault}\n")
    if new and not accepts:
        write(
            "Nothing was recorded. If this cannot affect the last release: python -m tests.support.formats --accept\n"
        )
        return 1
    _write(FILE, found | {"accepted": faults})
    return 0


def release(write: Callable[[str], object] = sys.stderr.write) -> int:
    """Records the current formats as released, unless they cannot be recorded."""
    refusal = record(write)
    if not refusal:
        _write(RELEASED, present())
        record(write)
    return refusal


def _write(file: Path, formats: Formats) -> None:
    file.write_text(json.dumps(formats, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    match sys.argv[1:]:
        case []:
            sys.exit(record())
        case ["--accept"]:
            sys.exit(record(accepts=True))
        case ["--release"]:
            sys.exit(release())
    sys.exit("Nothing was done. Use python -m tests.support.formats, alone or with --accept or --release.")
