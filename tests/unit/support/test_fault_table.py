"""The reports of the fault tests: strikes are counted, failures shown, repeated and missing events found."""

from typing import Any

import pytest

from tests.chaos.checks.promise import difference
from tests.chaos.checks.snapshots import newest
from tests.chaos.faults.hits import NOTES, PROPERTY, Strikes, notes, rows, table
from tests.support.clients.watcher import Watcher


def report(fault: str, hits: int, *, outcome: Any = "passed", when: Any = "call") -> pytest.TestReport:
    return pytest.TestReport(
        "a test", ("file", 1, "test"), {}, outcome, None, when, user_properties=[(PROPERTY, [fault, hits])]
    )


def events_frame(*offsets: int) -> dict[str, Any]:
    return {"type": "events", "events": [{"type": "test", "offset": offset} for offset in offsets]}


def test_a_fault_has_one_row_over_all_tests_and_fails_with_any_of_them() -> None:
    reports = [report("a cut", 2), report("a cut", 3, outcome="failed"), report("a kill", 1)]
    assert [(row.fault, row.strikes, row.result) for row in rows(reports)] == [
        ("a cut", 5, "FAILED"),
        ("a kill", 1, "held"),
    ]


@pytest.mark.parametrize("when", ["setup", "teardown"])
def test_an_error_in_setup_or_teardown_counts_as_a_failure(when: str) -> None:
    assert [row.result for row in rows([report("a cut", 0, outcome="failed", when=when)])] == ["FAILED"]


def test_the_table_is_markdown() -> None:
    assert [*table(rows([report("a cut", 2)]))][-1] == "| a cut |       2 | held   |"


def test_a_note_reported_by_several_phases_is_listed_once() -> None:
    measured = report("a cut", 2)
    measured.user_properties.append((NOTES, ["3 MiB", "2 s"]))
    at_teardown = report("a cut", 2, when="teardown")
    at_teardown.user_properties = measured.user_properties
    assert notes([measured, at_teardown, "a warning"]) == ["3 MiB", "2 s"]


def test_a_strike_must_name_a_fault_of_its_test() -> None:
    strikes = Strikes(["a cut", "a kill"])
    strikes.hit("a kill", times=2)
    assert strikes.hits == [["a cut", 0], ["a kill", 2]]
    with pytest.raises(AssertionError):
        strikes.hit()
    with pytest.raises(AssertionError):
        strikes.hit("a flood")


def test_only_the_first_batch_of_a_connection_may_begin_before_the_cursor() -> None:
    watcher = Watcher("http://none", after=5, epoch="x")
    watcher.handle(events_frame(5, 6))
    assert (watcher.offsets, watcher.repeated) == ([6], 0)
    watcher.handle(events_frame(6, 7))
    assert (watcher.offsets, watcher.repeated) == ([6, 7], 1)


def test_a_missing_event_is_reported_with_its_position() -> None:
    log = [{"offset": 1}, {"offset": 2}, {"offset": 3}]
    assert difference([log[0], log[2]], log) == "at 1 of 3: seen {'offset': 3}, in the log {'offset': 2}"
    assert difference(log[:2], log) == "2 events seen, 3 in the log"


def test_a_page_with_later_events_equals_a_reloaded_page() -> None:
    events = [
        {"type": "user.created", "user": {"id": 3}},
        {"type": "user.created", "user": {"id": 2}},
        {"type": "user.removed", "user": {"id": 1}},
    ]
    assert newest([{"id": 1}, {"id": 2}], events) == [3, 2]
