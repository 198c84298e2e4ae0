"""A run of tests that is interrupted leaves no process behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.services.processes import descendants, still_there
from tests.support.services.service import ROOT
from tests.support.waiting import wait_until

STUCK = """
import subprocess, sys, threading
from pathlib import Path


def test_that_does_not_end():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], start_new_session=True)
    Path("draft").write_text(str(child.pid))
    Path("draft").rename("pid")
    threading.Event().wait()
"""
# Only pytest-xdist and the plugin under test, so that the inner run starts at once.
PLUGINS = ("-p", "xdist", "-p", "tests.support.stale_processes", "-n", "1")


@pytest.mark.parametrize(
    ("number", "before"),
    [
        pytest.param(signal.SIGINT, [], id="Ctrl-C"),
        pytest.param(signal.SIGTERM, [], id="SIGTERM"),
        pytest.param(signal.SIGTERM, ["-m", "tests.support.services.postgres", sys.executable], id="postgres"),
    ],
)
def test_a_signal_to_the_first_process_alone_ends_all_services(
    tmp_path: Path, number: signal.Signals, before: list[str]
) -> None:
    (tmp_path / "test_stuck.py").write_text(STUCK)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *before, "-m", "pytest", *PLUGINS]
    run = subprocess.Popen(command, cwd=tmp_path, env=environment)
    try:
        wait_until((tmp_path / "pid").exists)
        started = descendants(run.pid)
        run.send_signal(number)
        run.wait(120)
    finally:
        run.kill()
    assert int((tmp_path / "pid").read_text()) in {one.pid for one in started}
    assert still_there(started) == []
