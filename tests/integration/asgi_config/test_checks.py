"""System checks of the settings, and `manage.py check --deploy` as a whole."""

import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.core.checks import CheckMessage
from django.db import connection
from pytest_django import Settings

from asgi_config.checks import settings as checks
from tests.support.services.service import ROOT, clean_environment

PRODUCTION = {
    "SECRET_KEY": "a-key-that-only-this-test-knows-and-that-is-long-enough-0123456789",
    "HTTPS": "1",
    "REDIS_URL": "redis://redis.example/0",
}


def check_deploy(**environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    with tempfile.TemporaryDirectory() as folder:
        everything = {**clean_environment(), "VAR_DIR": folder, **environment}
        return subprocess.run(command, cwd=ROOT, env=everything, capture_output=True, text=True, check=False)


def ids(messages: list[CheckMessage]) -> list[str]:
    return [str(message.id) for message in messages]


def test_a_production_environment_has_no_warnings() -> None:
    done = check_deploy(**PRODUCTION)
    assert done.returncode == 0, done.stderr


def test_without_https_there_is_a_warning() -> None:
    done = check_deploy(**{**PRODUCTION, "HTTPS": "0"})
    assert done.returncode == 1
    assert "security.W012" in done.stderr


def test_without_redis_there_is_a_warning_with_the_remedy() -> None:
    done = check_deploy(**{**PRODUCTION, "REDIS_URL": ""})
    assert done.returncode == 1
    assert "arrivals.W001" in done.stderr
    assert "make run" in done.stderr


def test_without_a_secret_key_the_command_fails_with_one_sentence() -> None:
    done = check_deploy(**{**PRODUCTION, "SECRET_KEY": ""})
    assert done.returncode == 2
    assert done.stderr.startswith("SECRET_KEY is not set, and VAR_DIR (")
    assert len(done.stderr.splitlines()) == 1


def test_a_configured_redis_has_no_warning(settings: Settings) -> None:
    settings.REDIS_URL = "redis://redis.example/0"
    assert checks.check_redis_url(None) == []


def test_a_missing_redis_is_a_warning(settings: Settings) -> None:
    settings.REDIS_URL = ""
    assert ids(checks.check_redis_url(None)) == ["arrivals.W001"]


def test_a_secret_key_that_is_not_random_is_reported_outside_debug(settings: Settings) -> None:
    for key in ("x" * 50, "1234567" * 8, "django-insecure-" + PRODUCTION["SECRET_KEY"]):
        settings.SECRET_KEY = key
        assert ids(checks.check_secret_key(None)) == ["arrivals.W015"]
    settings.DEBUG = True
    assert checks.check_secret_key(None) == []


def test_a_random_secret_key_is_silent(settings: Settings) -> None:
    for key in (secrets.token_urlsafe(50), "0123456789abcdef" * 2):
        settings.SECRET_KEY = key
        assert checks.check_secret_key(None) == []


def test_an_sqlite_release_with_the_bug_is_reported_only_where_sqlite_is_used() -> None:
    assert ids(checks.check_sqlite_version("sqlite", (3, 40, 1))) == ["arrivals.I002"]
    assert ids(checks.check_sqlite_version("sqlite", (3, 51, 3))) == []
    assert ids(checks.check_sqlite_version("postgresql", (3, 40, 1))) == []


@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "found"),
    [(0o755, 0o644, ["arrivals.W016"]), (0o755, 0o600, []), (0o700, 0o644, []), (0o750, 0o640, ["arrivals.W016"])],
)
def test_a_database_that_other_users_can_read_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder_mode: int, file_mode: int, found: list[str]
) -> None:
    file = tmp_path / "db.sqlite3"
    file.touch()
    file.chmod(file_mode)
    tmp_path.chmod(folder_mode)
    monkeypatch.setitem(connection.settings_dict, "NAME", str(file))
    monkeypatch.setattr(connection, "vendor", "sqlite")
    assert ids(checks.check_database_file(None)) == found
