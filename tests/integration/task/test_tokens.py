"""API tokens in the database: created, used, revoked and audited. Also the command that creates one."""

import datetime
import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Event

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from task import tokens
from task.models import Act, Token
from tests.support.database import at_once

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def ada() -> User:
    return User.objects.create(username="ada")


@pytest.fixture
def token(ada: User) -> str:
    return tokens.make_token(user=ada, name="nightly", days=10, clock=at(NOON))


def at(moment: datetime.datetime) -> Callable[[], datetime.datetime]:
    return lambda: moment


def test_a_token_identifies_its_user(ada: User, token: str) -> None:
    assert tokens.token_user(token, clock=at(NOON)) == ada


def test_only_the_digest_of_a_token_is_stored(token: str) -> None:
    assert len(token) == len("arr_") + 43
    stored = Token.objects.values().get()
    assert stored["digest"] == hashlib.sha256(token.encode()).hexdigest()
    assert token.removeprefix("arr_") not in str(stored)


def test_a_token_expires_after_its_days(ada: User, token: str) -> None:
    assert tokens.token_user(token, clock=at(NOON + 10 * DAY - MINUTE)) == ada
    assert tokens.token_user(token, clock=at(NOON + 10 * DAY)) is None


def test_a_token_without_expiry_stays_valid(ada: User) -> None:
    token = tokens.make_token(user=ada, name="for good", days=None, clock=at(NOON))
    assert tokens.token_user(token, clock=at(NOON + 10_000 * DAY)) == ada


def test_a_revoked_token_is_refused(token: str) -> None:
    tokens.revoke_token(token_id=Token.objects.get().pk)
    assert tokens.token_user(token, clock=at(NOON)) is None


def test_the_token_of_an_inactive_user_is_refused(ada: User, token: str) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert tokens.token_user(token, clock=at(NOON)) is None


@pytest.mark.parametrize(
    "text",
    ["", "arr_", "arr_" + "x" * 43, "\0", "arr_" + "\0" * 43, "arr_" + "é" * 43, "\udc80", "x" * 5_000_000],
    ids=["empty", "prefix", "unknown", "NUL", "NULs", "not ASCII", "surrogate", "5 MB"],
)
def test_any_other_text_is_refused(token: str, text: str) -> None:
    assert tokens.token_user(text) is None


def test_a_text_without_the_token_prefix_costs_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        tokens.token_user("x" * 47)


def test_the_last_use_is_written_at_most_once_a_minute(
    token: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    written = []
    for seconds in (0, 1, 59, 60, 61, 119, 120):
        tokens.token_user(token, clock=at(NOON + datetime.timedelta(seconds=seconds)))
        written.append((Token.objects.get().last_used_at or NOON) - NOON)
    assert [since.total_seconds() for since in written] == [0, 0, 0, 60, 60, 60, 120]
    with django_assert_num_queries(1):
        tokens.token_user(token, clock=at(NOON + datetime.timedelta(seconds=121)))


@pytest.mark.django_db(transaction=True)
def test_concurrent_uses_of_a_token_are_all_accepted(ada: User, token: str) -> None:
    assert at_once(8, lambda: tokens.token_user(token, clock=at(NOON))) == [ada] * 8
    assert Token.objects.get().last_used_at == NOON


@pytest.mark.django_db(transaction=True)
def test_a_token_is_accepted_while_another_transaction_locks_its_row(
    ada: User, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    """On SQLite the lock covers the database. A write would wait 20 s for it, and on PostgreSQL without a limit."""
    caplog.set_level(logging.DEBUG)
    with _open_write_transaction():
        began_at = time.monotonic()
        assert tokens.token_user(token, clock=at(NOON)) == ada
        assert time.monotonic() - began_at < 5
    assert Token.objects.get().last_used_at is None
    assert "not written; its next use tries again" in caplog.text
    assert token not in caplog.text
    tokens.token_user(token, clock=at(NOON))
    assert Token.objects.get().last_used_at == NOON


@contextmanager
def _open_write_transaction() -> Iterator[None]:
    """Keeps a transaction of another connection open that has changed the token."""
    has_written, may_end = Event(), Event()

    def write() -> None:
        with closing(connection), transaction.atomic():
            Token.objects.update(name="other")
            has_written.set()
            may_end.wait(30)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        assert has_written.wait(30)
        try:
            yield
        finally:
            may_end.set()
        writing.result()


@pytest.mark.django_db(transaction=True)
def test_the_lock_timeout_of_other_writes_is_unchanged(token: str) -> None:
    before = _lock_timeout()
    tokens.token_user(token, clock=at(NOON))
    assert _lock_timeout() == before


def _lock_timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout" if connection.vendor == "sqlite" else "SHOW lock_timeout")
        return str(cursor.fetchone()[0])


def test_creation_and_revocation_of_a_token_are_in_the_audit_log(ada: User, token: str) -> None:
    boss = User.objects.create(username="boss")
    tokens.revoke_token(token_id=Token.objects.get().pk, by=boss)
    acts = Act.objects.order_by("pk").values_list("kind", "by_name", "detail")
    assert list(acts) == [("token_made", "", "nightly, of ada"), ("token_revoked", "boss", "nightly, of ada")]


def test_a_second_revocation_of_a_token_changes_nothing(ada: User, token: str) -> None:
    token_id = Token.objects.get().pk
    first = tokens.revoke_token(token_id=token_id, clock=at(NOON))
    again = tokens.revoke_token(token_id=token_id, clock=at(NOON + DAY))
    assert first.revoked_at == again.revoked_at == NOON
    assert Act.objects.filter(kind="token_revoked").count() == 1


@pytest.mark.django_db(transaction=True)
def test_ten_concurrent_revocations_are_in_the_audit_log_once(token: str) -> None:
    token_id = Token.objects.get().pk
    at_once(10, lambda: tokens.revoke_token(token_id=token_id))
    assert Act.objects.filter(kind="token_revoked").count() == 1


@pytest.mark.parametrize(
    ("name", "days"), [("", 1), (" ", 1), ("x" * 101, 1), ("a\0", 1), ("a\n", 1), ("a", 0), ("a", 3661)]
)
def test_an_invalid_name_or_number_of_days_makes_no_token(ada: User, name: str, days: int) -> None:
    with pytest.raises(tokens.UnusableToken):
        tokens.make_token(user=ada, name=name, days=days)
    assert not Token.objects.exists()
    assert not Act.objects.exists()


def test_the_longest_names_are_accepted() -> None:
    user = User.objects.create(username="u" * 150)
    token = tokens.make_token(user=user, name="n" * 100, days=1)
    assert tokens.token_user(token) == user


def test_the_tokens_of_a_deleted_user_are_deleted(ada: User, token: str) -> None:
    ada.delete()
    assert not Token.objects.exists()
    assert tokens.token_user(token, clock=at(NOON)) is None
    assert Act.objects.get().detail == "nightly, of ada"


def test_the_command_prints_only_the_token_on_stdout(ada: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("token", "ada", "--name", "nightly load test", "--days", "7")
    out, err = capsys.readouterr()
    assert out == out.strip() + "\n"
    assert tokens.token_user(out.strip()) == ada
    assert "for 7 days" in err
    assert "not shown again" in err
    assert out.strip() not in err
    stored = Token.objects.get()
    assert (stored.name, stored.expires_at) == ("nightly load test", stored.created_at + 7 * DAY)


@pytest.mark.parametrize(
    ("options", "days", "words"), [([], 90, "for 90 days"), (["--days", "0"], None, "until it is")]
)
def test_the_command_makes_tokens_that_expire_unless_days_is_0(
    ada: User, options: list[str], days: int | None, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("token", "ada", *options)
    stored = Token.objects.get()
    assert stored.expires_at == (stored.created_at + days * DAY if days else None)
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody"], "There is no user nobody."),
        (["\udcff"], "There is no user"),
        (["gone"], "The user gone is not active."),
        (["ada", "--days=-1"], "1 to 3660 days"),
        (["ada", "--days", "99999999999999999999"], "1 to 3660 days"),
        (["ada", "--name", ""], "1 to 100 printable"),
        (["ada", "--name", "\udcff"], "1 to 100 printable"),
    ],
)
def test_the_command_refuses_invalid_arguments_with_one_sentence(
    ada: User, arguments: list[str], sentence: str
) -> None:
    User.objects.create(username="gone", is_active=False)
    with pytest.raises(CommandError, match=sentence) as error:
        call_command("token", *arguments)
    assert error.value.returncode == 2
    assert not Token.objects.exists()
