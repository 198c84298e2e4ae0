"""What ends the parts of a killed `live` where the kernel does not: run on every system."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from asgi_config.live import stale_processes

Popen = subprocess.Popen[bytes]


@pytest.fixture
def part() -> Iterator[Popen]:
    """A process whose command line looks like one of ours."""
    command = [sys.executable, "-c", "import signal; signal.pause()", "asgi_config.asgi:application"]
    with subprocess.Popen(command, start_new_session=True) as process:
        yield process
        process.kill()


def test_the_next_start_kills_stale_processes(part: Popen, tmp_path: Path) -> None:
    stale_processes.record(tmp_path / "pids", [part.pid])
    stale_processes.kill_all(tmp_path / "pids")
    assert part.wait(60) == -signal.SIGKILL
    assert not (tmp_path / "pids").exists()


def test_a_reused_pid_is_not_killed(part: Popen, tmp_path: Path) -> None:
    (tmp_path / "pids").write_text(f"{part.pid} Thu Jan 1 00:00:00 1970\n")
    stale_processes.kill_all(tmp_path / "pids")
    assert part.poll() is None


def test_a_process_of_another_program_is_not_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True) as other:
        stale_processes.record(tmp_path / "pids", [other.pid])
        stale_processes.kill_all(tmp_path / "pids")
        assert other.poll() is None
        other.kill()


def test_a_process_that_has_ended_is_ignored(part: Popen, tmp_path: Path) -> None:
    stale_processes.record(tmp_path / "pids", [part.pid])
    part.kill()
    part.wait()
    stale_processes.kill_all(tmp_path / "pids")
    assert not (tmp_path / "pids").exists()


def test_a_missing_file_of_pids_is_ignored(tmp_path: Path) -> None:
    stale_processes.kill_all(tmp_path / "pids")
