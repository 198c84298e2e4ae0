"""What each fault came to: its name (a mark), how often it hit, and whether the promise held; a table at the end.

    @pytest.mark.fault("a pool child is killed in an open step")
    async def test_...(strikes: Strikes) -> None:
        strikes.hit()

Each name stands in docs/guarantees.md. A test whose fault never hit has shown nothing, and fails.
"""

from collections.abc import Generator
from random import Random

import pytest

from tests.chaos.form import FORM, SEED
from tests.chaos.hits import PROPERTY, Strikes, names_of, rows, table


@pytest.fixture
def strikes(request: pytest.FixtureRequest) -> Strikes:
    return request.node.stash[KEPT]  # type: ignore[no-any-return]


@pytest.fixture
def random(request: pytest.FixtureRequest) -> Random:
    """The same for the same seed and test, whichever tests run beside it."""
    print(f"\nARRIVALS_CHAOS_SEED={SEED}")
    return Random(f"{SEED} {request.node.name}")


KEPT = pytest.StashKey[Strikes]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[KEPT] = kept = Strikes(names_of(item))
    item.user_properties += [(PROPERTY, hits) for hits in kept.hits]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    yield
    missed = [name for name, count in item.stash[KEPT].hits if not count]
    assert not missed, f"These faults did not hit, so nothing is shown: {missed}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = rows(report for reports in terminalreporter.stats.values() for report in reports)
    if found:
        terminalreporter.section(f"faults, {FORM} form, ARRIVALS_CHAOS_SEED={SEED}")
        for line in table(found):
            terminalreporter.line(line)
