"""A feed of the test's own, short ways to fill it, and one running service for those that only look at it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.test import Client
from pytest_django import Settings

from realtime import log
from task.pages import user_list
from tests.support.deployment import command_of, nginx_command
from tests.support.service import ROOT, Service, free_port
from tests.support.waiting import wait_until

Append = Callable[..., int]
T = TypeVar("T")
FILES = 64
DEADLINE = 60


@pytest.fixture
def append() -> Append:
    """append(3) adds three events to the feed `users` and commits; append(3, key="7") under a key."""

    def append_events(count: int, *, key: str = "") -> int:
        with transaction.atomic():
            return log.append("users", [json.dumps({"type": "test"})] * count, key=key)

    return append_events


@pytest.fixture(autouse=True)
def counted_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine that counts a hundred users in over 5 ms is not to keep their number."""
    monkeypatch.setattr(user_list, "SLOW_COUNT_SECONDS", 0.5)


@pytest.fixture
def full_strength(settings: Settings) -> None:
    """Django's own number of rounds, where that is what is tested."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]


def at_once(times: int, work: Callable[[], T]) -> list[T]:
    """What the threads returned, each with a connection of its own; raises what one of them raised."""

    def work_and_close(_: int) -> T:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(work_and_close, range(times)))


@pytest.fixture(scope="session")
def web(django_db_setup: None, redis: str) -> Iterator[str]:
    """The address of a real daphne on the tests' database, with short intervals."""
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "HEARTBEAT_SECONDS": "0.4",
        "ACCESS_CHECK_SECONDS": "0.3",
        "TOO_SLOW_SECONDS": "1",
    }
    command = [sys.executable, "-m", "daphne", "-v", "0", "--access-log", "/dev/null", "-p", str(port)]
    process = subprocess.Popen([*command, "asgi_config.asgi:application"], env=environment)
    try:
        wait_until(lambda: answers(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def web_process(port: int, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """That of compose.yaml, on the tests' database; started with fewer open files than it may have, as by Docker."""
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
    """With what `write_nginx` wrote there; what it says goes to the file `said`."""
    with (folder / "said").open("ab") as said:
        process = subprocess.Popen(nginx_command(folder), stdout=said, stderr=said)
    try:
        wait_until(lambda: answers(port) or process.poll() is not None, DEADLINE)
        assert process.poll() is None, (folder / "said").read_text()
        yield
    finally:
        process.terminate()
        process.wait(DEADLINE)


@pytest.fixture
def cookie() -> str:
    """The session of somebody who may see users."""
    return session_of("watcher", "view_user")


def session_of(username: str, *permissions: str) -> str:
    user = get_user_model().objects.create(username=username)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return f"postgres://{database['USER']}@{quote(database['HOST'], safe='')}/{database['NAME']}"


@pytest.fixture(scope="session")
def running() -> Iterator[Service]:
    """Shared, as a start takes seconds: who kills a part of it waits until the part is back."""
    with Service(may_complain=True) as service:
        yield service
