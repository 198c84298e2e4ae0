"""Credentials as CSV and as JSON, piece by piece."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from task.jobs.credentials import Credentials

HEADER = ("username", "email", "password")

CUT_OFF = "THIS FILE IS NOT COMPLETE: export it again"

# A spreadsheet takes such a cell for a formula; with an apostrophe before it, for text (OWASP, "CSV Injection").
# No password begins so: they are of passwords.ALPHABET.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 (the full-width forms)
SPECIAL = frozenset(',"\r\n')


@dataclass(frozen=True, slots=True)
class Format:
    """`rows` writes some of them; it is told whether they are the first.

    `cut_off` ends what could not be written to its end, so that nobody takes it for the whole.
    """

    name: str
    content_type: str
    rows: Callable[[Sequence[Credentials], bool], str]
    opening: str
    closing: str
    cut_off: str


def _as_csv(rows: Sequence[Credentials], is_first: bool) -> str:
    """Lines end with a bare line feed: a shell would take the other half of CRLF for the end of the password."""
    return "".join(f"{_cell(row.username)},{_cell(row.email)},{row.password}\n" for row in rows)


def _as_json(rows: Sequence[Credentials], is_first: bool) -> str:
    objects = [json.dumps({"username": row.username, "email": row.email, "password": row.password}) for row in rows]
    return ("" if is_first else ",\n") + ",\n".join(objects)


def _cell(text: str) -> str:
    """As RFC 4180 has it. The csv module of Python 3.11 leaves a carriage return bare where lines end without one."""
    harmless = f"'{text}" if text.startswith(FORMULA) else text
    if not SPECIAL.intersection(harmless):
        return harmless
    doubled = harmless.replace('"', '""')
    return f'"{doubled}"'


FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format("csv", "text/csv; charset=utf-8", _as_csv, ",".join(HEADER) + "\n", "", f"{CUT_OFF},,\n"),
        Format("json", "application/json", _as_json, "[\n", "\n]\n", f"\n{CUT_OFF}\n"),
    )
}
