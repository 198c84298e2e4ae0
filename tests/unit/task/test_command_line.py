"""Printed commands begin as the process that prints them did, so a copy works in the same terminal."""

import shlex
import subprocess
import sys

import pytest

from task.terminal.command_line import command_line


@pytest.mark.parametrize(
    ("started", "argv", "expected"),
    [
        (
            [".venv/bin/python", "manage.py", "generate", "50"],
            ["manage.py", "generate", "50"],
            ".venv/bin/python manage.py watch --job 7",
        ),
        (
            ["python3", "-W", "error", "-m", "django", "generate", "50"],
            ["/lib/django/__main__.py", "generate", "50"],
            "python3 -W error -m django watch --job 7",
        ),
        (["/my apps/python", "manage.py"], ["manage.py"], "'/my apps/python' manage.py watch --job 7"),
    ],
)
def test_a_printed_command_begins_as_this_process_did(
    monkeypatch: pytest.MonkeyPatch, started: list[str], argv: list[str], expected: str
) -> None:
    monkeypatch.setattr(sys, "orig_argv", started)
    monkeypatch.setattr(sys, "argv", argv)
    assert command_line("watch", "--job", 7) == expected


def test_a_shell_reads_a_printed_command_as_it_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["it's", "a b", "$HOME", "*", "#", "?x", "~"]
    monkeypatch.setattr(sys, "orig_argv", ["printf", "%s\\n"])
    monkeypatch.setattr(sys, "argv", ["%s\\n"])
    line = command_line(*words)
    assert shlex.split(line)[2:] == words
    assert subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout.splitlines() == words
