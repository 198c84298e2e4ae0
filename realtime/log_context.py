"""What a log line belongs to: the request, the job, the connection. Each task and thread carries its own.

Whoever writes the lines adds these fields to each; nobody else has to pass them on.
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
    """Add the fields, those that are not None, to every line that is written in this block and in what it starts."""
    before = _fields.set({**_fields.get(), **_given(more)})
    try:
        yield
    finally:
        _fields.reset(before)


def replace(**all_fields: object) -> None:
    """From now on these fields and no other: for whoever does one thing after another, as a pool process does."""
    _fields.set(_given(all_fields))


def sane_id(given: str | None) -> str | None:
    """The X-Request-ID that the proxy or the caller has given, if it may stand in a log."""
    return given if given and SANE.fullmatch(given) else None


def _given(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}
