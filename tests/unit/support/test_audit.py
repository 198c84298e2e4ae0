"""The report of `make audit`."""

from tests.support.audit import LOCKS, report

WELL = {"name": "whole", "version": "1.0", "vulns": []}
FAULTY = {
    "name": "faulty",
    "version": "2.0",
    "vulns": [
        {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2.1", "3.0"]},
        {"id": "PYSEC-2026-2", "aliases": [], "fix_versions": []},
    ],
}
UNKNOWN = {"name": "unknown", "skip_reason": "not found"}


def test_each_vulnerability_is_a_line_and_packages_without_an_answer_are_counted() -> None:
    assert list(report([WELL, FAULTY, UNKNOWN])) == [
        "faulty 2.0: PYSEC-2026-1, CVE-2026-1, fixed in 2.1, 3.0",
        "faulty 2.0: PYSEC-2026-2, not fixed yet",
        "3 packages, 2 known vulnerabilities, no answer for 1 packages",
    ]


def test_every_lock_is_audited() -> None:
    assert {lock.name for lock in LOCKS} >= {"run.txt", "test.txt", "dev.txt", "bench.txt", "audit.txt"}
