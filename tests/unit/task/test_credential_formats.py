"""Credentials as the tools and the spreadsheets of this world read them."""

import csv
import dataclasses
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task.accounts import passwords
from task.accounts.rights import STAFF, STRONGER
from task.jobs.credential_formats import CUT_OFF, FORMATS, FORMULA
from task.jobs.credentials import CHANGED, Credentials

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
REASONS = ["", CHANGED, STAFF, STRONGER]
ROWS = st.lists(st.builds(Credentials, TEXT, TEXT, st.text(passwords.ALPHABET), st.sampled_from(REASONS)), min_size=1)


def whole(name: str, rows: list[Credentials]) -> str:
    """In two pieces, as it is read from the database."""
    written = FORMATS[name]
    pieces = [written.rows(rows[:1], True), *([written.rows(rows[1:], False)] if rows[1:] else [])]
    return "".join([written.opening, *pieces, written.closing])


@given(ROWS)
def test_csv_reads_back_with_every_cell_harmless(rows: list[Credentials]) -> None:
    header, *lines = csv.reader(io.StringIO(whole("csv", rows), newline=""))
    assert header == ["username", "email", "password", "reason"]
    assert [line[2:] for line in lines] == [[row.password, row.reason] for row in rows]
    for cell, row in zip((line[0] for line in lines), rows, strict=True):
        assert not cell.startswith(FORMULA)
        assert cell in {row.username, f"'{row.username}"}


@given(ROWS)
def test_json_reads_back_as_it_was(rows: list[Credentials]) -> None:
    read = json.loads(whole("json", rows))
    assert read == [dataclasses.asdict(row) for row in rows]


@pytest.mark.parametrize("first", FORMULA)
def test_what_a_spreadsheet_would_compute_becomes_text(first: str) -> None:
    text = whole("csv", [Credentials(f"{first}cmd", f"{first}1@example.com", "secret")])
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row == {"username": f"'{first}cmd", "email": f"'{first}1@example.com", "password": "secret", "reason": ""}


def test_no_password_can_begin_as_a_formula_or_need_a_quote() -> None:
    assert not set(passwords.ALPHABET) & {*FORMULA, *"'\",\r\n "}
    assert set(passwords.SYMBOLS) == set(passwords.ALPHABET.encode())


def test_a_line_is_one_account_and_ends_with_a_bare_line_feed() -> None:
    text = whole("csv", [Credentials("user_a", "user_a@example.com", "secret")])
    assert text == "username,email,password,reason\nuser_a,user_a@example.com,secret,\n"


def test_no_account_is_an_empty_list_and_a_bare_header() -> None:
    assert json.loads(FORMATS["json"].opening + FORMATS["json"].closing) == []
    assert FORMATS["csv"].opening + FORMATS["csv"].closing == "username,email,password,reason\n"


def test_a_file_that_was_cut_off_says_so() -> None:
    rows = [Credentials("user_a", "user_a@example.com", "secret")]
    table, array = FORMATS["csv"], FORMATS["json"]
    assert list(csv.reader(io.StringIO(table.opening + table.rows(rows, True) + table.cut_off)))[-1] == [
        CUT_OFF,
        "",
        "",
        "",
    ]
    with pytest.raises(json.JSONDecodeError):
        json.loads(array.opening + array.rows(rows, True) + array.cut_off)


def test_a_password_is_not_shown_where_credentials_are_printed() -> None:
    assert "secret" not in repr(Credentials("user_a", "user_a@example.com", "secret"))
