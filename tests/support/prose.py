"""Counts patterns of hard sentences in docstrings and comments, next to those of five well-read projects.

`make prose` prints the table: a mirror, not a gate. `python -m tests.support.prose FOLDER ...` counts other folders.
Tests, migrations and vendored code are left out. CONTRIBUTING.md has the rules of plain English.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

OURS = ("asgi_config", "realtime", "task")
LEFT_OUT = {"tests", "test", "testing", "migrations", "vendor", "_vendor", "node_modules"}
PATTERNS = {
    "opens with who, what, of": re.compile(r"(?:^|(?<=[.!?:] ))(?:Who|What|Of|Whose|Whoever)\b(?! (?:is|are) the)"),
    "nobody, somebody, anybody": re.compile(r"\b(?:no|some|any)body\b", re.I),
    "tell, say": re.compile(r"\b(?:tell|say)s?\b|\b(?:told|said)\b", re.I),
    "semicolon": re.compile(r";"),
}

# Counted by this script on 2026-11-29: procrastinate 3.10.0, websockets 17.4, starlette 1.10.0 and channels 4.3.2 from
# PyPI, healthchecks at its commit of 2026-08-21.
THEIRS = {
    "healthchecks": (8_339, 0, 0, 5, 0),
    "procrastinate": (9_986, 2, 0, 4, 7),
    "websockets": (38_572, 0, 0, 3, 28),
    "starlette": (2_801, 0, 0, 4, 0),
    "channels": (2_616, 0, 0, 8, 31),
}


def prose(folder: Path) -> Iterator[str]:
    """Each docstring and each block of comments of the Python files below the folder, with single spaces."""
    for file in sorted(folder.rglob("*.py")):
        if not LEFT_OUT & {*file.relative_to(folder).parts}:
            source = file.read_text()
            yield from docstrings(source)
            yield from comments(source)


def docstrings(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield " ".join((ast.get_docstring(node) or "").split())


def comments(source: str) -> Iterator[str]:
    """Comments on lines that follow each other are one text."""
    block: list[str] = []
    last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and not re.match(r"#\s*(?:!|noqa|type:|pragma)", token.string):
            if block and token.start[0] != last + 1:
                yield " ".join(block)
                block = []
            block.append(token.string.lstrip("# ").strip())
            last = token.start[0]
    if block:
        yield " ".join(block)


def counts(folders: list[Path]) -> tuple[int, ...]:
    """Words, then how often each pattern occurs in 10,000 words."""
    texts = [text for folder in folders for text in prose(folder)]
    words = sum(len(text.split()) for text in texts)
    found = (sum(len(pattern.findall(text)) for text in texts) for pattern in PATTERNS.values())
    return words, *(round(10_000 * number / max(words, 1)) for number in found)


def main() -> None:
    folders = [Path(name) for name in sys.argv[1:] or OURS]
    rows = {"here": counts(folders), **({} if sys.argv[1:] else THEIRS)}
    print(f"{'per 10,000 words':<16} {'words':>7} " + " ".join(f"{name:>25}" for name in PATTERNS))
    for name, (words, *found) in rows.items():
        print(f"{name:<16} {words:>7,} " + " ".join(f"{number:>25}" for number in found))


if __name__ == "__main__":
    main()
