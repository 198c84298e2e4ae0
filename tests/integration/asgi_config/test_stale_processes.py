"""Kills processes left by a killed `live` where the kernel does not; tested on every system."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from asgi_config.live import stale_processes

Popen = subprocess.Popen[bytes]


@pytest.fixture
def stale_process() -> Iterator[Popen]:
    """A process whose command line looks like that of an Arrivals process."""
    command = [sys.executable, "-c", "import signal; signal.pause()", "asgi_config.asgi:application"]
    with subprocess.Popen(command, start_new_session=True) as process:
        yield process
        process.kill()


def test_the_next_start_kills_stale_processes(stale_process: Popen, tmp_path: Path) -> None:
    stale_processes.record(tmp_path / "pids", [stale_process.pid])
    stale_processes.kill_all(tmp_path / "pids")
    assert stale_process.wait(60) == -signal.SIGKILL
    assert not (tmp_path / "pids").exists()


def test_a_reused_pid_is_not_killed(stale_process: Popen, tmp_path: Path) -> None:
    (tmp_path / "pids").write_text(f"{stale_process.pid} Thu Jan 1 00:00:00 1970\n")
    stale_processes.kill_all(tmp_path / "pids")
    assert stale_process.poll() is None


def test_a_process_of_another_program_is_not_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True) as other:
        stale_processes.record(tmp_path / "pids", [other.pid])
        stale_processes.kill_all(tmp_path / "pids")
        assert other.poll() is None
        other.kill()


def test_a_process_that_has_ended_is_ignored(stale_process: Popen, tmp_path: Path) -> None:
    stale_processes.record(tmp_path / "pids", [stale_process.pid])
    stale_process.kill()
    stale_process.wait()
    stale_processes.kill_all(tmp_path / "pids")
    assert not (tmp_path / "pids").exists()


def test_a_missing_file_of_pids_is_ignored(tmp_path: Path) -> None:
    stale_processes.kill_all(tmp_path / "pids")
