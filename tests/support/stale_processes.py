"""Ends what an interrupted run left running: pytest-xdist kills its processes before they have stopped their services.

The first process of the run marks all others by an environment variable, which they inherit. Its name is the run's own,
because a test may run pytest.
"""

import os
import signal
import sys
from contextlib import suppress
from uuid import uuid4

import pytest

from tests.support.services.processes import Process, descendants, started_with, still_there
from tests.support.waiting import wait_until

MARK = f"ARRIVALS_TESTS_RUN_{uuid4().hex}"
FAMILY = pytest.StashKey[list[Process]]()


def pytest_configure(config: pytest.Config) -> None:
    if is_first(config):
        os.environ[MARK] = "1"
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # CI cancels a run with SIGTERM


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Runs before pytest-xdist kills its processes. nginx is known by its parent only, because it hides its mark."""
    if is_first(session.config):
        session.config.stash[FAMILY] = descendants(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    if not is_first(config):
        return
    family = config.stash.get(FAMILY, [])
    for one in stale(family):
        sys.stderr.write(f"The tests left process {one.pid} running, so it is killed: {one.command}\n")
    wait_until(lambda: not kill(stale(family)))


def stale(family: list[Process]) -> set[Process]:
    return {*still_there(family), *started_with(f"{MARK}=1")}


def kill(processes: set[Process]) -> bool:
    """Returns whether there was any."""
    for one in processes:
        with suppress(ProcessLookupError):
            os.kill(one.pid, signal.SIGKILL)
    return bool(processes)


def is_first(config: pytest.Config) -> bool:
    """Whether this is not a process that pytest-xdist started."""
    return not hasattr(config, "workerinput")
