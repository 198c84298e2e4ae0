"""docs/guarantees.md has a promise and a result for every fault of the tests, and names only tests that exist."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from tests.support.services.service import ROOT

PAGE = (ROOT / "docs" / "guarantees.md").read_text()
PROMISES, _, RESULTS = PAGE.partition("## Faults, strikes, results")


def faults_of(module: Any) -> Iterator[str]:
    """Yields the faults in the marks of the module's tests and of their parameters."""
    for name, test in vars(module).items():
        if name.startswith("test_"):
            for mark in getattr(test, "pytestmark", []):
                yield from faults_in(mark)


def faults_in(mark: Any) -> Iterator[str]:
    if mark.name == "fault":
        yield from mark.args
    elif mark.name == "parametrize":
        for values in mark.args[1]:
            for inner in getattr(values, "marks", []):
                yield from faults_in(inner.mark if hasattr(inner, "mark") else inner)


def marked_faults() -> set[str]:
    return {fault for module in modules("*") for fault in faults_of(module)}


def modules(folder: str) -> list[Any]:
    """Returns the test modules that use the `fault` mark."""
    files = [file for file in (ROOT / "tests").glob(f"{folder}/**/test_*.py") if "mark.fault(" in file.read_text()]
    return [import_module(".".join(file.relative_to(ROOT).with_suffix("").parts)) for file in sorted(files)]


def test_each_chaos_test_has_a_fault_mark() -> None:
    """`make chaos` leaves out tests without the mark."""
    assert len(modules("chaos")) == len([*(ROOT / "tests" / "chaos").glob("test_*.py")])
    for module in modules("chaos"):
        for name, test in vars(module).items():
            assert not name.startswith("test_") or [fault for mark in test.pytestmark for fault in faults_in(mark)], (
                name
            )


def test_the_page_has_a_promise_for_every_fault() -> None:
    assert {fault for fault in marked_faults() if fault not in PROMISES} == set()


def test_the_results_have_a_row_for_every_fault_and_no_other() -> None:
    assert marked_faults() == set(re.findall(r"^\| (.+?) +\| +\d+ \| held +\|$", RESULTS, re.MULTILINE))


def test_each_test_named_on_the_page_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert named
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text())
        defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in defined, f"{file}::{name}"
