"""Fixtures: web processes on the test database, nginx in front of them, and one shared service."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.database import database_url
from tests.support.services.deployment import command_of, nginx_command
from tests.support.services.service import ROOT, Service, answers, free_port
from tests.support.waiting import wait_until

FILES = 64
DEADLINE = 240


@pytest.fixture(scope="module")
def web(django_db_setup: None, redis: str) -> Iterator[str]:
    """Yields the URL of a real web process on the test database, with short intervals.

    It ends with its module, because its hub would relay the outbox of other tests.
    """
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "HEARTBEAT_SECONDS": "0.4",
        "ACCESS_CHECK_SECONDS": "0.3",
        "TOO_SLOW_SECONDS": "1",
        "DRAIN_SECONDS": "0",
    }
    process = subprocess.Popen([sys.executable, "-m", "asgi_config.web", "-p", str(port)], env=environment)
    try:
        wait_until(lambda: answers(port), DEADLINE)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(DEADLINE)


@pytest.fixture(scope="session")
def running() -> Iterator[Service]:
    """One service for all tests of a pytest process, because a start takes seconds.

    A test that kills one of its processes must wait for the replacement.
    """
    with Service(may_complain=True) as service:
        yield service


@contextmanager
def web_process(port: int, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Runs compose.yaml's web process on the test database, with a low soft limit of open files, like Docker's."""
    command = ["sh", "-c", f'ulimit -Sn {FILES} && exec "$0" "$@"']
    command += command_of("web-1", **{"0.0.0.0": "127.0.0.1", "8000": str(port)})
    environment = {**os.environ, "DATABASE_URL": database_url(), **environment}
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        wait_until(lambda: answers(port), DEADLINE)
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def nginx(folder: Path, port: int) -> Iterator[None]:
    """Runs nginx with the files of `write_nginx`. Its output goes to the file `said`."""
    with (folder / "said").open("ab") as said:
        process = subprocess.Popen(nginx_command(folder), stdout=said, stderr=said)
    try:
        wait_until(lambda: answers(port) or process.poll() is not None, DEADLINE)
        assert process.poll() is None, (folder / "said").read_text()
        yield
    finally:
        process.terminate()
        process.wait(DEADLINE)
