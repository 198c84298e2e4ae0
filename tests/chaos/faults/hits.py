"""Counts how often each fault has hit, and makes the table of all faults.

The counts travel in the test's report, because pytest-xdist passes it on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pytest

PROPERTY = "fault"
NOTES = "notes"
HELD, FAILED = "held", "FAILED"


class Strikes:
    """Counts hits by the fault names in the test's mark, and keeps notes of measurements."""

    def __init__(self, names: Sequence[str]) -> None:
        self.hits: list[list[str | int]] = [[name, 0] for name in names]
        self.notes: list[str] = []

    @property
    def names(self) -> list[str]:
        return [str(name) for name, _ in self.hits]

    def hit(self, fault: str | None = None, times: int = 1) -> None:
        """Counts a hit. Call it once the hit is certain. A test of one fault need not name it."""
        named = [hits for hits in self.hits if fault in (None, hits[0])]
        assert len(named) == 1, f"{fault!r} is not one of {self.names}"
        named[0][1] = int(named[0][1]) + times

    def note(self, sentence: str) -> None:
        """Adds a sentence to print below the table, also when tests run in parallel."""
        self.notes.append(sentence)


@dataclass
class Row:
    fault: str
    strikes: int = 0
    result: str = HELD


def names_of(item: pytest.Item) -> list[str]:
    return [name for mark in item.iter_markers("fault") for name in mark.args]


def rows(reports: Iterable[object]) -> list[Row]:
    """Returns one row for each fault, over all tests in which it strikes."""
    found: dict[str, Row] = {}
    for report in reports:
        if isinstance(report, pytest.TestReport) and (report.when == "call" or report.failed):
            for fault, count in _hits(report):
                row = found.setdefault(fault, Row(fault))
                row.strikes += count if report.when == "call" else 0
                row.result = FAILED if report.failed else row.result
    return sorted(found.values(), key=lambda row: row.fault)


def notes(reports: Iterable[object]) -> list[str]:
    """Returns the notes of all tests, in the order in which they ended."""
    return [
        str(sentence)
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, value in report.user_properties
        if name == NOTES and isinstance(value, list | tuple)
        for sentence in value
    ]


def table(found: list[Row]) -> Iterator[str]:
    """Returns the lines of the table, in the format of docs/guarantees.md."""
    width = max(len(row.fault) for row in found)
    yield f"| {'fault':{width}} | strikes | result |"
    yield f"| {'-' * width} | ------- | ------ |"
    for row in found:
        yield f"| {row.fault:{width}} | {row.strikes:7} | {row.result:6} |"


def _hits(report: pytest.TestReport) -> Iterator[tuple[str, int]]:
    for name, value in report.user_properties:
        if name == PROPERTY and isinstance(value, list | tuple):
            yield str(value[0]), int(value[1])
