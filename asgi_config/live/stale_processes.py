"""Kills the child processes of a killed `live`, on systems without PDEATHSIG (parent_death.IS_AVAILABLE)."""

import os
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from asgi_config.var_dir import write_private

MARK = "asgi_config"


def record(file: Path, pids: Iterable[int]) -> None:
    """Writes each pid with its start time, which distinguishes it from a later process with the same pid."""
    write_private(file, "".join(f"{pid} {_ps(pid, 'lstart')}\n" for pid in pids))


def kill_all(file: Path) -> None:
    """Kills the recorded processes and their children. Skips a pid that another process has now."""
    if not file.exists():
        return
    for line in file.read_text().splitlines():
        pid, _, started_at = line.partition(" ")
        if started_at and started_at == _ps(int(pid), "lstart") and MARK in _ps(int(pid), "command"):
            with suppress(ProcessLookupError):
                os.killpg(int(pid), signal.SIGKILL)
    file.unlink()


def _ps(pid: int, column: str) -> str:
    answer = subprocess.run(  # noqa: S603
        ["ps", "-o", f"{column}=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    return " ".join(answer.stdout.split())
