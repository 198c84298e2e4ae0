"""Log lines of sign-ins, exports and refused requests: who and from where, without names and passwords."""

import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django import Settings

from asgi_config.logs.formatters import Lines
from task.jobs.credentials import start_export
from tests.support import stepping

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

PASSWORD = "correct-horse-battery-9"
MAIL = "ann@mail.example"
LOGIN = "/accounts/login/"
Read = Callable[[], list[tuple[str, str, object]]]


@pytest.fixture
def ann(settings: Settings) -> Any:
    settings.AXES_FAILURE_LIMIT = 2
    return get_user_model().objects.create_user(MAIL, password=PASSWORD, is_staff=True)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Read:
    """Returns level, message and user of the lines about sign-ins."""

    def read() -> list[tuple[str, str, object]]:
        found = [record for record in caplog.records if record.name == "asgi_config.sign_in.signals"]
        assert not [record for record in caplog.records if MAIL in str(record.__dict__) and record in found]
        return [(one.levelname, one.getMessage(), getattr(one, "fields", {}).get("user")) for one in found]

    return read


@pytest.fixture
def console() -> Iterator[StringIO]:
    """What the service writes to stderr."""
    handlers = [handler for handler in logging.getLogger().handlers if isinstance(handler.formatter, Lines)]
    assert isinstance(handlers[0], logging.StreamHandler)
    written = StringIO()
    before = handlers[0].setStream(written)
    yield written
    handlers[0].setStream(before)


def sign_in(name: str, password: str, path: str = LOGIN) -> Client:
    client = Client(REMOTE_ADDR="192.0.2.7")
    client.post(path, {"username": name, "password": password})
    return client


@pytest.mark.parametrize("path", [LOGIN, "/admin/login/"])
def test_a_sign_in_and_a_sign_out_are_logged_with_the_users_id(ann: Any, lines: Read, path: str) -> None:
    sign_in(MAIL, PASSWORD, path).post("/accounts/logout/")
    assert lines() == [("INFO", "Signed in", ann.pk), ("INFO", "Signed out", ann.pk)]


@pytest.mark.parametrize("path", [LOGIN, "/admin/login/"])
def test_wrong_passwords_and_the_lock_are_logged(ann: Any, lines: Read, path: str) -> None:
    for _ in range(3):
        sign_in(MAIL, "wrong", path)
    wrong = ("INFO", "Wrong password or username", ann.pk)
    locked = ("WARNING", f"Sign-in locked after too many wrong passwords: user {ann.pk} from 192.0.2.7", None)
    assert lines() == [wrong, locked, locked]


def test_an_unknown_username_is_not_logged(lines: Read) -> None:
    """It may be a password that was typed in the wrong field."""
    sign_in("hunter-two-22", "wrong")
    assert lines() == [("INFO", "Wrong password or username", "unknown")]


def test_an_export_is_logged_with_its_user(ann: Any, caplog: pytest.LogCaptureFixture) -> None:
    job = stepping.finished(1)
    for by in (ann, None):
        start_export(job_id=job.pk, written_as="csv", by=by)
    found = [record.fields for record in caplog.records if "are exported" in record.getMessage()]  # type: ignore[attr-defined]
    assert found == [{"job": job.pk, "user": ann.pk}, {"job": job.pk, "user": "shell"}]


@pytest.mark.parametrize("host", ["evil.example", "x" * 3_000, "evil.example:99999999", "a b", "[::1"])
def test_a_foreign_host_is_one_short_line(host: str, console: StringIO) -> None:
    assert Client().get("/", headers={"Host": host}).status_code == 400
    refusal, request = console.getvalue().splitlines()
    assert " INFO django.security.DisallowedHost: Invalid HTTP_HOST header" in refusal
    assert " GET / " in request
    assert len(refusal) < 1_500
