"""Exported credentials as CSV and JSON, read back with Python's own readers."""

import csv
import dataclasses
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task.accounts import passwords
from task.accounts.rights import STAFF, STRONGER
from task.jobs.credential_formats import CUT_OFF, FORMATS, FORMULA, FORMULA_INSIDE
from task.jobs.credentials import CHANGED, Credentials

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
FORMULA_SIGNS = tuple(sign for sign in FORMULA if not sign.isspace())
REASONS = st.sampled_from(["", CHANGED, STAFF, STRONGER])
PASSWORDS = st.text(passwords.ALPHABET)
TRICKY = st.text(st.sampled_from("=@＝a;,'\"\t\r\n"), min_size=1, max_size=8)  # noqa: RUF001
TRICKY_ROWS = st.lists(st.builds(Credentials, TRICKY, TRICKY, PASSWORDS, REASONS), min_size=1, max_size=3)
ROWS = st.lists(st.builds(Credentials, TEXT, TEXT, PASSWORDS, REASONS), min_size=1)


def whole(name: str, rows: list[Credentials]) -> str:
    """Returns the file, written in two pieces as an export writes it."""
    file_format = FORMATS[name]
    pieces = [file_format.rows(rows[:1], True), *([file_format.rows(rows[1:], False)] if rows[1:] else [])]
    return "".join([file_format.opening, *pieces, file_format.closing])


@given(ROWS)
def test_csv_reads_back_without_a_cell_that_starts_a_formula(rows: list[Credentials]) -> None:
    header, *lines = csv.reader(io.StringIO(whole("csv", rows), newline=""))
    assert header == ["username", "email", "password", "reason"]
    assert [line[2:] for line in lines] == [[row.password, row.reason] for row in rows]
    for cell, row in zip((line[0] for line in lines), rows, strict=True):
        assert not cell.startswith(FORMULA)
        assert cell in {row.username, f"'{row.username}"} or FORMULA_INSIDE.search(row.username)


@given(TRICKY_ROWS)
def test_no_cell_is_a_formula_whichever_separator_a_spreadsheet_uses(rows: list[Credentials]) -> None:
    text = whole("csv", rows)
    for separator in ",;\t":
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        assert not [cell for line in lines for cell in line if cell.lstrip("\t\r\n").startswith(FORMULA_SIGNS)]


@pytest.mark.parametrize("separator", [";", "\t", "\r", "\n"])
@pytest.mark.parametrize("formula", ["=cmd", "+1", "-1", "@sum", '"=cmd', "\t=cmd"])
def test_a_part_behind_a_separator_becomes_text(separator: str, formula: str) -> None:
    text = whole("csv", [Credentials("user_a", f"a{separator}{formula}", "secret")])
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["email"].startswith(f"a{separator}'")
    assert row["email"].replace("'", "") == f"a{separator}{formula}"


@pytest.mark.parametrize("name", ["a;b", "a\tb", "a-b@c.example", "a=b", "a,=b", "a;b=c", 'a;"b"'])
def test_a_cell_that_no_spreadsheet_computes_stays_as_it_is(name: str) -> None:
    (row,) = csv.DictReader(io.StringIO(whole("csv", [Credentials(name, name, "secret")]), newline=""))
    assert row == {"username": name, "email": name, "password": "secret", "reason": ""}


@given(ROWS)
def test_json_reads_back_unchanged(rows: list[Credentials]) -> None:
    read = json.loads(whole("json", rows))
    assert read == [dataclasses.asdict(row) for row in rows]


@pytest.mark.parametrize("first", FORMULA)
def test_a_value_that_starts_a_formula_becomes_text(first: str) -> None:
    text = whole("csv", [Credentials(f"{first}cmd", f"{first}1@example.com", "secret")])
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row == {"username": f"'{first}cmd", "email": f"'{first}1@example.com", "password": "secret", "reason": ""}


def test_a_password_never_starts_a_formula_or_needs_a_quote() -> None:
    assert not set(passwords.ALPHABET) & {*FORMULA, *"'\",\r\n "}
    assert set(passwords.SYMBOLS) == set(passwords.ALPHABET.encode())


def test_a_csv_line_is_one_account_and_ends_with_a_line_feed() -> None:
    text = whole("csv", [Credentials("user_a", "user_a@example.com", "secret")])
    assert text == "username,email,password,reason\nuser_a,user_a@example.com,secret,\n"


def test_an_export_without_accounts_is_an_empty_list_or_a_header() -> None:
    assert json.loads(FORMATS["json"].opening + FORMATS["json"].closing) == []
    assert FORMATS["csv"].opening + FORMATS["csv"].closing == "username,email,password,reason\n"


def test_a_file_that_was_cut_off_can_be_recognized() -> None:
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


def test_the_repr_of_credentials_hides_the_password() -> None:
    assert "secret" not in repr(Credentials("user_a", "user_a@example.com", "secret"))
