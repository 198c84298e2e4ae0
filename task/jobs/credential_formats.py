"""Formats of exported credentials, CSV and JSON, written in pieces."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from task.jobs.credentials import Credentials

HEADER = ("username", "email", "password", "reason")

CUT_OFF = "THIS FILE IS NOT COMPLETE: export it again"

# A spreadsheet reads a cell that begins so as a formula, and with an apostrophe before it as text (OWASP, "CSV
# Injection"). No password begins so, because passwords consist of passwords.ALPHABET.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 (the full-width forms)
SPECIAL = frozenset(',;"\t\r\n')
# A spreadsheet that splits lines at `;` or tabs ignores quotes inside a cell, so a new cell may begin behind each of
# these characters, and also quoted.
FORMULA_INSIDE = re.compile(r'(?<=[;\t\r\n])(?=["\t\r\n]*[=+\-@＝＋－＠])')  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Format:
    """A file is `opening`, then `rows` for each chunk, then `closing`.

    `rows` takes credentials, and whether they are the first. `cut_off` replaces `closing` in an incomplete file: it
    ends a CSV file with a warning and makes a JSON file invalid.
    """

    name: str
    content_type: str
    rows: Callable[[Sequence[Credentials], bool], str]
    opening: str
    closing: str
    cut_off: str


def _csv_rows(rows: Sequence[Credentials], is_first: bool) -> str:
    """Lines end with a bare line feed, because a shell would read the CR of CRLF as part of the password."""
    return "".join(f"{_csv_cell(row.username)},{_csv_cell(row.email)},{row.password},{row.reason}\n" for row in rows)


def _csv_cell(text: str) -> str:
    """Quotes as RFC 4180. Puts an apostrophe before each part that a spreadsheet would run as a formula.

    Python 3.11's csv module leaves a bare CR unquoted if lines end with a line feed.
    """
    harmless = f"'{text}" if text.startswith(FORMULA) else text
    if not SPECIAL.intersection(harmless):
        return harmless
    doubled = FORMULA_INSIDE.sub("'", harmless).replace('"', '""')
    return f'"{doubled}"'


def _json_rows(rows: Sequence[Credentials], is_first: bool) -> str:
    objects = [json.dumps({name: getattr(row, name) for name in HEADER}) for row in rows]
    return ("" if is_first else ",\n") + ",\n".join(objects)


FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format("csv", "text/csv; charset=utf-8", _csv_rows, ",".join(HEADER) + "\n", "", f"{CUT_OFF},,,\n"),
        Format("json", "application/json", _json_rows, "[\n", "\n]\n", f"\n{CUT_OFF}\n"),
    )
}
