"""Ends the parts of a `live` that was killed, on systems where the kernel does not do it (lifeline.IS_AVAILABLE)."""

import os
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from asgi_config.var_dir import write_private

MARK = "asgi_config"


def remember(file: Path, pids: Iterable[int]) -> None:
    write_private(file, "".join(f"{pid} {_ask_ps(pid, 'lstart')}\n" for pid in pids))


def end_all(file: Path) -> None:
    """With all that they started. A pid that meanwhile means another process is left alone."""
    if not file.exists():
        return
    for line in file.read_text().splitlines():
        pid, _, started = line.partition(" ")
        if started and started == _ask_ps(int(pid), "lstart") and MARK in _ask_ps(int(pid), "command"):
            with suppress(ProcessLookupError):
                os.killpg(int(pid), signal.SIGKILL)
    file.unlink()


def _ask_ps(pid: int, column: str) -> str:
    answer = subprocess.run(  # noqa: S603
        ["ps", "-o", f"{column}=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    return " ".join(answer.stdout.split())
