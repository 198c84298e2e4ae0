"""/health/live, /health/ready and /metrics of a running service, also while what it needs is frozen or away."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.answer import Answer
from tests.caller import fetch
from tests.service import Service

FROZEN_SECONDS = 30  # far above the bound of 2 s, and far below for ever


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service(may_complain=True, options=["--workers", "1"]) as service:
        yield service


@contextmanager
def frozen(pid: int | None) -> Iterator[None]:
    assert pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def ask(service: Service, path: str, **headers: str) -> Answer:
    return fetch(service.address + path, **headers)


def test_a_service_that_runs_is_live_and_ready_and_says_how_quick_each_part_is(service: Service) -> None:
    assert ask(service, "/health/live").json == {"status": "live"}
    ready = ask(service, "/health/ready")
    assert (ready.status, ready.json["status"]) == (200, "ready")
    assert set(ready.json["parts"]) == {"database", "redis", "worker"}
    assert all(part["ok"] and "fault" not in part for part in ready.json["parts"].values())


def test_a_stranger_reads_one_word(service: Service) -> None:
    assert ask(service, "/health/ready", **{"X-Forwarded-For": "192.0.2.7"}).json == {"status": "ready"}


def test_it_is_asked_by_any_name_and_without_tls_and_without_a_session(service: Service) -> None:
    answer = ask(service, "/health/live", Host="10.2.3.4:8000")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert fetch(f"{service.address}/health/ready", method="POST").status == 405


def test_with_redis_frozen_it_lives_and_says_within_a_bound_that_it_is_not_ready(service: Service) -> None:
    with frozen(service.pids().redis):
        began = time.monotonic()
        assert ask(service, "/health/live").status == 200
        ready = ask(service, "/health/ready")
        assert ask(service, "/health/ready?need=database&need=worker").status == 200
        assert time.monotonic() - began < FROZEN_SECONDS
    assert (ready.status, ready.json["status"]) == (503, "not ready")
    assert ready.json["parts"]["redis"]["fault"]
    assert ready.json["parts"]["database"]["ok"]
    service.wait_until(lambda: ask(service, "/health/ready").status == 200, 60)


def test_a_part_that_does_not_exist_is_told(service: Service) -> None:
    answer = ask(service, "/health/ready?need=moon")
    assert answer.status == 400
    assert "database, redis, worker" in answer.json["status"]
