"""Fixtures of all tests, the mark `service`, and the order of a run.

With ARRIVALS_TESTS_REQUIRED=1, as in CI, a test that skips is a failure.
"""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from pytest_django import Settings

from asgi_config.live import embedded_redis
from realtime import outbox
from tests.support.database import Append, session_of
from tests.support.waiting import wait_until

pytest_plugins = ["tests.support.faults", "tests.support.stale_processes", "tests.support.web"]

TESTS = Path(__file__).parent
WITHOUT_SERVICES = {"unit", "integration"}
STARTS = {"running", "service", "web"}  # fixtures that start a server or a whole service
QUICK = {"first_start", "tutorial"}  # the two starts that `make test` runs too


@pytest.fixture(scope="session")
def redis() -> Iterator[str]:
    """The address of a real, private Redis, which the settings of the tests point to."""
    server = embedded_redis.process(
        server=embedded_redis.find_server(),
        address=django_settings.REDIS_URL,
        directory=Path(django_settings.VAR_DIR) / "redis",
    )
    server.start()
    try:
        wait_until(server.is_ready)
        yield django_settings.REDIS_URL
    finally:
        server.kill()


@pytest.fixture
def append() -> Append:
    """append(3) adds three events to the feed `users` and commits; append(3, key="7") under a key."""

    def append_events(count: int, *, key: str = "") -> int:
        with transaction.atomic():
            outbox.append("users", [json.dumps({"type": "test"})] * count, key=key)
        return outbox.head("users").head

    return append_events


@pytest.fixture
def cookie() -> str:
    """The session of a user with the permission to view users."""
    return session_of("watcher", "view_user")


@pytest.fixture
def full_strength(settings: Settings) -> None:
    """Sets Django's own number of hashing rounds."""
    settings.PASSWORD_HASHERS = ["asgi_config.sign_in.hashing.SlotHasher"]


def pytest_configure(config: pytest.Config) -> None:
    # A process that a shell starts in the background ignores Ctrl-C, and so would all processes that tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "service: starts a service or a browser, so only `make test-all` runs it.")


def pytest_unconfigure() -> None:
    shutil.rmtree(django_settings.VAR_DIR, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Marks a test by its folder and its fixtures, so that no mark is forgotten."""
    fixtures = set(getattr(item, "fixturenames", ()))
    if (_folder(item) not in WITHOUT_SERVICES or fixtures & STARTS) and not fixtures & QUICK:
        item.add_marker("service")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Orders files by duration, longest first, because otherwise one process would work alone at the end of a run.

    Files of tests/chaos mostly wait, so a file that computes follows each of them. Apart from that, the order stays
    random.
    """
    ranks = {"e2e": 0, "chaos": 1, "integration": 2, "unit": 3}
    items.sort(key=lambda item: ranks.get(_folder(item), 2))
    files = dict.fromkeys(item.path for item in items)
    chaos = [path for path in files if path.parent.name == "chaos"]
    others = [path for path in files if "browser" not in path.parts and path not in chaos]
    order = {path: 2 * rank + 1 for rank, path in enumerate(others)}
    order |= {path: 2 * rank for rank, path in enumerate(chaos)}
    items.sort(key=lambda item: order.get(item.path, -1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    report = yield
    if report.skipped and os.environ.get("ARRIVALS_TESTS_REQUIRED") == "1":
        report.outcome = "failed"
        report.longrepr = f"A test may not skip here: {report.longrepr}"
    return report


def pytest_report_header() -> str:
    engine = django_settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
    return f"database: {engine}, VAR_DIR: {django_settings.VAR_DIR}"


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0]
