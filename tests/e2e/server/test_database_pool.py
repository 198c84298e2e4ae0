"""The connection pool of a web process on a real PostgreSQL."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import psycopg
import pytest

from asgi_config.web.postgresql import base
from asgi_config.web.postgresql.base import Pool
from tests.chaos.faults.hits import Strikes
from tests.chaos.form import either
from tests.support.services import postgres
from tests.support.services.service import ROOT, clean_environment, free_port
from tests.support.waiting import wait_until
from tests.support.web import web_process

SESSIONS = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
CUT = f"SELECT pg_terminate_backend(pid) FROM ({SESSIONS}) AS sessions"
IDLE = "PostgreSQL cuts idle sessions"
TIMES = either(short=1, long=3)
AT_ONCE = 20
LONE = 4

Connect = Callable[[], psycopg.Connection[Any]]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres.running() as url:
        yield url


@pytest.fixture
def connect(server: str) -> Iterator[Connect]:
    """Connects to the server. Closes all of its connections after the test."""
    made = []

    def new() -> psycopg.Connection[Any]:
        made.append(psycopg.connect(server, autocommit=True))
        return made[-1]

    yield new
    for connection in made:
        connection.close()


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Pool:
    monkeypatch.setattr(base, "WAIT_SECONDS", 0.1)
    return Pool()


def used(pool: Pool, connect: Connect) -> list[psycopg.Connection[Any]]:
    """Returns ten connections that the pool has lent at the same time and has back."""
    taken = [pool.take(connect) for _ in range(base.SIZE)]
    for connection in taken:
        pool.give(connection)
    return taken


def refuse() -> psycopg.Connection[Any]:
    raise psycopg.OperationalError("refused")


def test_a_returned_connection_is_lent_again(pool: Pool, connect: Connect) -> None:
    newest = used(pool, connect)[-1]
    assert pool.take(refuse) is newest


@pytest.mark.parametrize("is_restarted", [False, True])
def test_dead_connections_are_replaced_at_once(pool: Pool, server: str, connect: Connect, is_restarted: bool) -> None:
    dead = used(pool, connect)
    if is_restarted:
        postgres.restart(server)
    else:
        with psycopg.connect(server, autocommit=True) as other:
            other.execute(CUT)
    assert pool.take(connect).execute("SELECT 1").fetchone() == (1,)
    assert all(connection.closed for connection in dead)


def test_a_connection_beyond_the_limit_is_refused_with_the_reason(pool: Pool, connect: Connect) -> None:
    taken = [pool.take(connect) for _ in range(base.SIZE)]
    with pytest.raises(psycopg.OperationalError, match="all 10 connections of this process were in use"):
        pool.take(connect)
    pool.give(taken[0])
    assert pool.take(refuse) is taken[0]


def test_a_refused_connection_takes_no_place(pool: Pool, connect: Connect) -> None:
    for _ in range(base.SIZE + 1):
        with pytest.raises(psycopg.OperationalError, match="refused"):
            pool.take(refuse)
    assert len(used(pool, connect)) == base.SIZE


def test_a_connection_in_a_transaction_is_not_lent_again(pool: Pool, connect: Connect) -> None:
    connection = pool.take(connect)
    connection.execute("BEGIN")
    pool.give(connection)
    assert connection.closed
    with pytest.raises(psycopg.OperationalError, match="refused"):
        pool.take(refuse)


@contextmanager
def idle_session_timeout(server: str, setting: str) -> Iterator[None]:
    def configure(change: str) -> None:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM {change}".encode())
            connection.execute("SELECT pg_reload_conf()")

    configure(f"SET idle_session_timeout = '{setting}'")
    try:
        yield
    finally:
        configure("RESET idle_session_timeout")


def has_no_session(server: str) -> bool:
    with psycopg.connect(server, autocommit=True) as connection:
        return not connection.execute(SESSIONS).fetchall()


@pytest.mark.fault(IDLE)
def test_a_quiet_site_answers_after_its_idle_sessions_were_cut(server: str, tmp_path: Path, strikes: Strikes) -> None:
    """The users page looks up the session, so each request uses the database."""
    port = free_port()
    environment = {"DATABASE_URL": server, "VAR_DIR": str(tmp_path), "REDIS_URL": "redis://127.0.0.1:1/0"}
    opener = build_opener(ProxyHandler({}))
    opener.addheaders = [("Cookie", f"sessionid={'x' * 32}")]

    def status() -> int:
        try:
            return int(opener.open(f"http://127.0.0.1:{port}/users/", timeout=60).status)
        except HTTPError as error:
            return error.code

    def statuses(threads: ThreadPoolExecutor) -> set[int]:
        return {one.result() for one in [threads.submit(status) for _ in range(AT_ONCE)]}

    migrate = [sys.executable, "manage.py", "migrate", "-v", "0"]
    subprocess.run(migrate, cwd=ROOT, env={**clean_environment(), "SECRET_KEY": "x" * 50, **environment}, check=True)
    with web_process(port, **environment), ThreadPoolExecutor(AT_ONCE) as threads:
        for _ in range(TIMES):
            assert statuses(threads) == {200}
            postgres.restart(server)
            assert [status() for _ in range(LONE)] == [200] * LONE
            with idle_session_timeout(server, "300ms"):
                assert statuses(threads) == {200}
                for _ in range(LONE):
                    wait_until(lambda: has_no_session(server))
                    assert status() == 200
            strikes.hit()
