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


def test_the_next_start_ends_what_is_left(part: Popen, tmp_path: Path) -> None:
    stale_processes.record(tmp_path / "pids", [part.pid])
    stale_processes.kill_all(tmp_path / "pids")
    assert part.wait(60) == -signal.SIGKILL
    assert not (tmp_path / "pids").exists()


def test_a_pid_that_means_another_process_by_now_is_left_alone(part: Popen, tmp_path: Path) -> None:
    (tmp_path / "pids").write_text(f"{part.pid} Thu Jan 1 00:00:00 1970\n")
    stale_processes.kill_all(tmp_path / "pids")
    assert part.poll() is None


def test_a_process_of_another_program_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True) as other:
        stale_processes.record(tmp_path / "pids", [other.pid])
        stale_processes.kill_all(tmp_path / "pids")
        assert other.poll() is None
        other.kill()


def test_what_has_ended_meanwhile_is_no_trouble(part: Popen, tmp_path: Path) -> None:
    stale_processes.record(tmp_path / "pids", [part.pid])
    part.kill()
    part.wait()
    stale_processes.kill_all(tmp_path / "pids")
    assert not (tmp_path / "pids").exists()


def test_nothing_to_end_is_no_trouble(tmp_path: Path) -> None:
    stale_processes.kill_all(tmp_path / "pids")
