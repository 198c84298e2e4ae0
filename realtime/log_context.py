"""The context of a log line: the ids of its request, job and connection. Each task and thread has its own.

The log formatter adds these fields to every line, so other code does not pass them on.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

_fields: ContextVar[Mapping[str, object]] = ContextVar("fields", default=MappingProxyType({}))


def fields() -> Mapping[str, object]:
    return _fields.get()


@contextmanager
def log_context(**more: object) -> Iterator[None]:
    """Adds the fields that are not None to every line of the block and of the tasks that it starts."""
    before = _fields.set({**_fields.get(), **_without_none(more)})
    try:
        yield
    finally:
        _fields.reset(before)


@contextmanager
def only(**all_fields: object) -> Iterator[None]:
    """Adds exactly these fields, without those that are None, to every line of the block."""
    before = _fields.set(_without_none(all_fields))
    try:
        yield
    finally:
        _fields.reset(before)


def replace(**all_fields: object) -> None:
    """Sets exactly these fields until the next call. For a pool process, which runs one task after another."""
    _fields.set(_without_none(all_fields))


def sane_id(given: str | None) -> str | None:
    """Returns the X-Request-ID of a proxy or client if it is safe to log, else None."""
    return given if given and SANE.fullmatch(given) else None


def _without_none(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}
