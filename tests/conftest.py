"""What every test may use. With ARRIVALS_TESTS_REQUIRED=1, as in CI, a test that skips is a failure."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from asgi_config import embedded_redis
from tests.waiting import wait_until

PLACES = {"e2e": 0, "chaos": 1, "unit": 3}  # every other folder lies between


@pytest.fixture(scope="session")
def redis() -> Iterator[str]:
    """The address of a real, private Redis, which the settings of the tests point to."""
    part = embedded_redis.part(
        server=embedded_redis.find_server(), address=settings.REDIS_URL, directory=Path(settings.VAR_DIR) / "redis"
    )
    part.start()
    try:
        wait_until(part.is_ready)
        yield settings.REDIS_URL
    finally:
        part.kill()


def pytest_configure(config: pytest.Config) -> None:
    # Shells ignore Ctrl-C for what they start in the background, and so would all that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "fault(*names): what strikes in this test, as docs/guarantees.md names it.")


def pytest_unconfigure() -> None:
    shutil.rmtree(settings.VAR_DIR, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, or one process would be left alone with it at the end of a run.

    The files of tests/chaos mostly wait, so each comes before one that computes. Within that, the order stays as random
    as it was.
    """
    with_service = {item.path for item in items if "running" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: (PLACES.get(item.path.parent.name, 2), item.path not in with_service))
    files = dict.fromkeys(item.path for item in items)
    chaos = [path for path in files if path.parent.name == "chaos"]
    others = [path for path in files if path.parent.name not in {"chaos", "e2e"}]
    places = {path: 2 * at + 1 for at, path in enumerate(others)} | {path: 2 * at for at, path in enumerate(chaos)}
    items.sort(key=lambda item: places.get(item.path, -1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    report = yield
    if report.skipped and os.environ.get("ARRIVALS_TESTS_REQUIRED") == "1":
        report.outcome = "failed"
        report.longrepr = f"A test may not skip here: {report.longrepr}"
    return report


def pytest_report_header() -> str:
    engine = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
    return f"database: {engine}, VAR_DIR: {settings.VAR_DIR}"
