"""The supervisor of `live`: starts processes, restarts them, and stops them with their children."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from asgi_config.live.process import CouldNotStart, ManagedProcess
from asgi_config.live.signals import Interrupts
from asgi_config.live.supervisor import Stopped, Supervisor
from tests.support.services.processes import all_processes
from tests.support.waiting import wait_until

ENDLESS = "import signal; signal.pause()"
AT_ONCE = "The process ended (exit code 2). Restarting."
AFTER = "The process ended before it was ready (exit code 2). Restarting in {} s."


class Watch:
    """A supervisor, its messages, and the number of messages after which it is interrupted."""

    def __init__(self, interrupts: Interrupts) -> None:
        self.messages: list[str] = []
        self.starts: list[list[int]] = []
        self.stop_after = 10**6
        self.interrupts = interrupts
        self.supervisor = Supervisor(interrupts, warn=self._record, on_start=self.starts.append)

    def _record(self, line: str) -> None:
        self.messages.append(line)
        if len(self.messages) >= self.stop_after:
            self.interrupts.count += 1


@pytest.fixture
def watch() -> Iterator[Watch]:
    with Interrupts() as interrupts:
        watch = Watch(interrupts)
        yield watch
        watch.supervisor.stop()


def process(script: str, *, is_ready: Callable[[], bool] = lambda: True, stop_seconds: float = 5) -> ManagedProcess:
    return ManagedProcess(
        name="The process", command=[sys.executable, "-c", script], is_ready=is_ready, stop_seconds=stop_seconds
    )


def test_a_process_that_ends_before_it_is_ready_is_one_sentence(watch: Watch) -> None:
    with pytest.raises(CouldNotStart, match=r"^The process could not start \(exit code 3\)\.$"):
        watch.supervisor.start(process("raise SystemExit(3)", is_ready=lambda: False))


def test_a_missing_program_is_one_sentence(watch: Watch) -> None:
    missing = ManagedProcess(name="The process", command=["/no/such/program"], is_ready=lambda: True, stop_seconds=1)
    with pytest.raises(
        CouldNotStart, match=r"^The process could not start: No such file or directory \(/no/such/program\)"
    ):
        watch.supervisor.start(missing)


def test_an_interrupt_ends_the_wait_for_a_process(watch: Watch) -> None:
    watch.interrupts.count = 1
    with pytest.raises(Stopped):
        watch.supervisor.start(process(ENDLESS, is_ready=lambda: False))


def test_a_start_that_never_becomes_ready_is_repeated_with_growing_pauses(watch: Watch) -> None:
    watch.stop_after = 3
    watch.supervisor.start(process("raise SystemExit(2)", is_ready=lambda: len(watch.starts) == 1))
    watch.supervisor.supervise()
    assert watch.messages == [AT_ONCE, AFTER.format(1), AFTER.format(2)]
    assert len(watch.starts) == 3


def test_a_process_that_was_ready_is_restarted_at_once_and_resets_the_pause(watch: Watch) -> None:
    watch.stop_after = 4
    watch.supervisor.start(process("raise SystemExit(2)", is_ready=lambda: len(watch.starts) in {1, 3}))
    watch.supervisor.supervise()
    assert watch.messages == [AT_ONCE, AFTER.format(1), AT_ONCE, AFTER.format(1)]


def test_a_restarted_process_is_asked_whether_it_is_ready(watch: Watch) -> None:
    """Redis cannot answer after its end, so it must be asked before."""

    def kill_once_ready() -> bool:
        if one.pid is None or one.has_ended():
            return False
        os.kill(one.pid, signal.SIGKILL)
        return True

    one = process(ENDLESS, is_ready=kill_once_ready)
    watch.stop_after = 3
    watch.supervisor.start(one)
    watch.supervisor.supervise()
    assert watch.messages == ["The process ended (killed by SIGKILL). Restarting."] * 3


def test_a_program_that_vanished_is_retried(watch: Watch, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.symlink_to("/bin/sh")
    watch.stop_after = 3
    watch.supervisor.start(
        ManagedProcess(name="The process", command=[str(program)], is_ready=lambda: True, stop_seconds=1)
    )
    program.unlink()
    watch.supervisor.supervise()
    assert ["could not start" in line for line in watch.messages] == [False, True, True]


def test_every_start_reports_the_pids(watch: Watch) -> None:
    processes = [process(ENDLESS), process(ENDLESS)]
    watch.supervisor.start(*processes)
    assert watch.starts == [[processes[0].pid], [processes[0].pid, processes[1].pid]]


def test_a_process_ends_with_all_its_children(watch: Watch, tmp_path: Path) -> None:
    child = tmp_path / "child"
    script = "import os, pathlib, subprocess, sys; "
    script += f"p = subprocess.Popen([sys.executable, '-c', {ENDLESS!r}]); "
    script += f"pathlib.Path({str(tmp_path / 'draft')!r}).write_text(str(p.pid)); "
    script += f"os.rename({str(tmp_path / 'draft')!r}, {str(child)!r}); {ENDLESS}"
    watch.supervisor.start(process(script, is_ready=child.exists))
    assert watch.supervisor.stop()
    wait_until(lambda: int(child.read_text()) not in all_processes())


def test_a_process_that_does_not_end_is_killed(watch: Watch, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    stubborn = (
        f"import pathlib, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); pathlib.Path({str(ready)!r}).touch()"
    )
    watch.supervisor.start(process(f"{stubborn}; {ENDLESS}", is_ready=ready.exists, stop_seconds=0.1))
    assert watch.supervisor.stop()
    assert not [pid for pid in watch.supervisor.pids if pid in all_processes()]


def test_a_process_has_its_own_session_so_ctrl_c_does_not_reach_it(watch: Watch) -> None:
    one = process(ENDLESS)
    watch.supervisor.start(one)
    assert one.pid
    assert os.getsid(one.pid) == one.pid
