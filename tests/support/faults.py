"""Reports each fault: its name (a mark), how often it hit, and whether the promise held, in a table at the end.

    @pytest.mark.fault("a pool child is killed in an open step")
    async def test_...(strikes: Strikes) -> None:
        strikes.hit()

docs/guarantees.md lists each name. A test without the fixture `strikes` counts as one strike. A test whose fault never
hit fails, because it has shown nothing.
"""

from collections.abc import Generator

import pytest

from tests.chaos.faults.hits import NOTES, PROPERTY, Strikes, names_of, notes, rows, table
from tests.chaos.form import FORM, SEED

KEPT = pytest.StashKey[Strikes]()


@pytest.fixture
def strikes(request: pytest.FixtureRequest) -> Strikes:
    return request.node.stash[KEPT]  # type: ignore[no-any-return]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "fault(*names): the faults that strike in this test, by their names in docs/guarantees.md."
    )


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
    assert not missed, f"These faults did not hit, so the test shows nothing: {missed}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    if found := rows(reports):
        terminalreporter.section(f"faults, {FORM} form, ARRIVALS_CHAOS_SEED={SEED}")
        for line in [*table(found), *(f"- {note}" for note in notes(reports))]:
            terminalreporter.line(line)
