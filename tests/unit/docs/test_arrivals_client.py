"""Retries of the Python client in docs/clients."""

from runpy import run_path

import pytest

from tests.support.clients.client_programs import CLIENTS

Backoff = run_path(str(CLIENTS / "arrivals_client.py"))["Backoff"]


def test_retries_wait_longer_up_to_half_a_minute() -> None:
    backoff = Backoff()
    assert [backoff.pause(0, 1) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert backoff.pause(0, 0) == 0


@pytest.mark.parametrize(("steady_seconds", "pause"), [(1, 8), (5, 1), (36_000, 1)])
def test_a_steady_connection_resets_the_wait(steady_seconds: float, pause: float) -> None:
    backoff = Backoff(attempt=3)
    backoff.greeted(100)
    assert backoff.pause(100 + steady_seconds, 1) == pause


def test_a_connection_without_hello_is_not_steady() -> None:
    backoff = Backoff()
    backoff.greeted(100)
    assert [backoff.pause(200, 1), backoff.pause(300, 1)] == [1, 2]
