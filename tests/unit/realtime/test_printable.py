"""Text for log lines and terminals has no character that a terminal obeys, and JSON keeps its value."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.printable import printable, printable_lines
from task.database.errors import describe
from task.terminal.command import PrintableOutput


@given(st.text())
def test_no_character_controls_a_terminal(text: str) -> None:
    assert printable(text).isprintable()
    assert all(line.isprintable() for line in printable_lines(text).split("\n"))
    assert printable_lines(text).count("\n") == text.count("\n")


@given(st.text())
def test_json_stays_valid_and_keeps_its_value(text: str) -> None:
    assert json.loads(printable(json.dumps(text, ensure_ascii=False))) == text


@pytest.mark.parametrize("text", ["", "user_a", "gr\xfc\xdfe", "\u6771\u4eac", r"back\slash"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_a_style_is_applied_to_escaped_text() -> None:
    written = io.StringIO()
    PrintableOutput(written).write("a\x1b[2J\nb", "\x1b[31m{}\x1b[0m".format)
    assert written.getvalue() == "\x1b[31ma\\u001b[2J\nb\n\x1b[0m"


def test_the_reason_of_a_database_error_is_printable() -> None:
    assert describe(ValueError("a\x1b[2J")).startswith(r"The database cannot be used: a\u001b[2J. ")
