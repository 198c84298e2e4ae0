"""docs/guarantees.md names every fault that the tests strike with, and no test that does not exist."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "guarantees.md").read_text()


def faults_of(module: Any) -> Iterator[str]:
    """Of the marks of its tests and of their parameters."""
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


def test_it_names_every_fault() -> None:
    files = sorted((ROOT / "tests" / "chaos").glob("test_*.py"))
    found = {fault for file in files for fault in faults_of(importlib.import_module(f"tests.chaos.{file.stem}"))}
    assert found
    assert {fault for fault in found if fault not in PAGE} == set()


def test_each_test_that_it_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert named
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text())
        defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in defined, f"{file}::{name}"
