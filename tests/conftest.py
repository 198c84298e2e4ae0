"""What every test may use. With ARRIVALS_TESTS_REQUIRED=1, as in CI, a test that skips is a failure.

What each fault came to: its name (a mark), how often it hit, and whether the promise held; a table at the end.

    @pytest.mark.fault("a pool child is killed in an open step")
    async def test_...(strikes: Strikes) -> None:
        strikes.hit()

Each name stands in docs/guarantees.md. A test that does not ask for `strikes` is one strike by itself. One whose fault
never hit has shown nothing, and fails.
"""

import os
import shutil
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from asgi_config.live import embedded_redis
from tests.chaos.form import FORM, SEED
from tests.chaos.hits import NOTES, PROPERTY, Strikes, names_of, notes, rows, table
from tests.support.waiting import wait_until

PLACES = {"e2e": 0, "chaos": 1, "unit": 3}  # every other folder lies between
KEPT = pytest.StashKey[Strikes]()


@pytest.fixture(scope="session")
def redis() -> Iterator[str]:
    """The address of a real, private Redis, which the settings of the tests point to."""
    part = embedded_redis.process(
        server=embedded_redis.find_server(), address=settings.REDIS_URL, directory=Path(settings.VAR_DIR) / "redis"
    )
    part.start()
    try:
        wait_until(part.is_ready)
        yield settings.REDIS_URL
    finally:
        part.kill()


@pytest.fixture
def strikes(request: pytest.FixtureRequest) -> Strikes:
    return request.node.stash[KEPT]  # type: ignore[no-any-return]


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


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[KEPT] = kept = Strikes(names_of(item))
    item.user_properties += [(PROPERTY, hits) for hits in kept.hits] + [(NOTES, kept.notes)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    yield
    kept = item.stash[KEPT]
    if "strikes" not in getattr(item, "fixturenames", ()):
        for name, _ in kept.hits:
            kept.hit(str(name))
    missed = [name for name, count in kept.hits if not count]
    assert not missed, f"These faults did not hit, so nothing is shown: {missed}"


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    if found := rows(reports):
        terminalreporter.section(f"faults, {FORM} form, ARRIVALS_CHAOS_SEED={SEED}")
        for line in [*table(found), *(f"- {note}" for note in notes(reports))]:
            terminalreporter.line(line)
