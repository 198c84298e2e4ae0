"""Settings in a process of their own: accepted values, and one sentence for each unusable value."""

import subprocess
import sys

import pytest

from tests.support.services.service import ROOT, clean_environment

PRINT = "from asgi_config import settings; print(settings.DATABASES['default'].get('OPTIONS'))"


def run(*command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**clean_environment(), "SECRET_KEY": "for-the-tests-only-and-long-enough", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


COOKIES = (
    "from asgi_config import settings as s; from asgi_config.web.message_storage import NamedCookieStorage as m; "
    "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, m.cookie_name)"
)


def cookie_names(**environment: str) -> list[str]:
    code = f"import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'asgi_config.settings'; {COOKIES}"
    return run("-c", code, **environment).stdout.split()


def test_cookies_have_names_of_their_own_that_differ_between_two_services_on_one_host() -> None:
    """A browser sends a host's cookies to all its ports, so equal names would sign each other's users out."""
    first, again, other = cookie_names(), cookie_names(), cookie_names(SECRET_KEY="of-another-service-" + "y" * 40)
    assert first == again
    assert [name.rpartition("_")[0] for name in first] == ["arrivals_session", "arrivals_csrf", "arrivals_messages"]
    assert not set(first) & set(other)
    assert cookie_names(HTTPS="1") == [f"__Host-{name}" for name in first]


@pytest.mark.parametrize("pool", ["0", "1"])
def test_options_of_the_database_address_apply_with_and_without_a_pool(pool: str) -> None:
    address = "postgres://ann@db.example/arrivals?sslmode=verify-full"
    output = run("-c", PRINT, DATABASE_URL=address, DATABASE_POOL=pool).stdout
    assert "'sslmode': 'verify-full'" in output
    assert "idle_in_transaction_session_timeout=30s" in output
    assert "'tcp_user_timeout': 20000" in output


def test_the_database_address_may_set_its_own_timeouts() -> None:
    address = "postgres://ann@db.example/arrivals?options=-c%20lock_timeout%3D5s"
    assert "'options': '-c lock_timeout=5s'" in run("-c", PRINT, DATABASE_URL=address).stdout


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("REDIS_URL", "http://127.0.0.1:6379/0", "write redis://:PASSWORD@HOST:6379/0"),
        ("REDIS_URL", "redis://127.0.0.1:abc/0", "write redis://:PASSWORD@HOST:6379/0"),
        ("REDIS_URL", "redis://127.0.0.1:6379/x", "write redis://:PASSWORD@HOST:6379/0"),
        ("REDIS_URL", "localhost:6379", "write redis://:PASSWORD@HOST:6379/0"),
        (
            "REDIS_URL",
            "rediss://127.0.0.1:6379/0?ssl_cert_reqs=none",
            "authority of your own add ?ssl_ca_certs=",
        ),
        ("DATABASE_URL", "nonsense", "write postgres://USER:PASSWORD@HOST:5432/NAME"),
        ("DATABASE_URL", "mysql://ann@db.example/x", "Arrivals works with PostgreSQL and SQLite: write postgres://"),
        ("DATABASE_URL", "postgis://ann@db.example/x", "Arrivals works with PostgreSQL and SQLite: write postgres://"),
        ("CSRF_TRUSTED_ORIGINS", "example.com", "write each with its scheme"),
        ("PORT", "http", "is not a whole number from 1 to 65535."),
        ("SOCKETS_MAX", "0", "is not a whole number from 1 to 1000000."),
        ("HEARTBEAT_SECONDS", "1e300", "is not a number of seconds above 0, up to 86400."),
        ("EVENTS_KEEP_DAYS", "1000000", "from 1 to 36500"),
        ("GENERATE_BULK_MAX", "9999999999", "from 1 to 100000000"),
        ("GENERATE_MIN_TOTAL", "501", "must hold"),
        ("DEBUG", "maybe", "use 1 or 0"),
        ("LOG_LEVEL", "LOUD", "use one of DEBUG"),
    ],
)
def test_an_unusable_value_is_one_sentence_with_the_remedy(name: str, value: str, remedy: str) -> None:
    done = run("manage.py", "check", **{name: value})
    assert done.returncode == 2
    assert name in done.stderr
    assert remedy in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("key", "code"), [("x", 2), ("k" * 31, 2), ("k" * 32, 0)])
def test_a_short_secret_key_is_refused_in_one_sentence(key: str, code: int) -> None:
    done = run("manage.py", "check", SECRET_KEY=key)
    assert done.returncode == code
    if code:
        assert done.stderr.startswith("SECRET_KEY has fewer than 32 characters and can be guessed (arrivals.E014)")
        assert done.stderr.count("\n") == 1


def test_a_short_secret_key_is_enough_to_try_out() -> None:
    assert run("manage.py", "check", SECRET_KEY="x", DEBUG="1").returncode == 0


def test_a_missing_secret_key_is_one_sentence_with_the_remedy(tmp_path: object) -> None:
    done = run("manage.py", "check", SECRET_KEY="", VAR_DIR=str(tmp_path))
    assert done.returncode == 2
    assert f"VAR_DIR ({tmp_path}) has none" in done.stderr
    assert "If Arrivals runs with another VAR_DIR, set it here too. Otherwise start `make run` once" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_python_without_our_packages_is_one_sentence_with_the_remedy() -> None:
    done = run("-S", "manage.py", "link")
    sentence = "This Python has no celery: use .venv/bin/python, which `make run` installs.\n"
    assert (done.returncode, done.stderr) == (2, sentence)


@pytest.mark.parametrize("command", [["generate", "60"], ["verify", "1"], ["watch"]])
def test_a_database_without_tables_is_one_sentence_with_the_remedy(tmp_path: object, command: list[str]) -> None:
    done = run("manage.py", *command, VAR_DIR=str(tmp_path), REDIS_URL="redis://127.0.0.1:1/0")
    assert done.returncode == 2
    assert "The database cannot be used: no such table" in done.stderr
    assert "manage.py migrate" in done.stderr
    assert done.stderr.count("\n") == 1
