"""`manage.py check --deploy`: what it reads from the database and Redis, and what it reports."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.utils import timezone
from pytest_django import Settings
from redis import Redis

from asgi_config.checks import deploy
from asgi_config.checks import settings as checks
from asgi_config.monitoring.single_flight import run_in_thread
from task.workers import registry

SOUND = {"maxmemory_policy": "noeviction", "aof_enabled": 1}


def ids(messages: list[CheckMessage]) -> list[str]:
    assert all(message.hint for message in messages)
    return [str(message.id) for message in messages]


@pytest.fixture
def redis_connection(redis: str) -> Iterator[Any]:
    """A connection to the tests' Redis; restores its configuration afterwards."""
    with Redis.from_url(redis, decode_responses=True) as connection:
        before = {name: connection.config_get(name)[name] for name in ("maxmemory-policy", "appendonly")}
        yield connection
        connection.execute_command("ACL", "DELUSER", "limited")
        for name, value in before.items():
            connection.config_set(name, value)


def test_a_redis_started_by_live_has_no_warning(redis: str) -> None:
    assert ids(deploy.check_redis()) == []


def test_a_redis_that_evicts_keys_or_does_not_persist_is_reported(redis_connection: Any) -> None:
    redis_connection.config_set("maxmemory-policy", "allkeys-lru")
    redis_connection.config_set("appendonly", "no")
    assert ids(deploy.check_redis()) == ["arrivals.W006", "arrivals.W007"]


def test_a_redis_that_denies_its_configuration_is_reported_as_unchecked(
    redis_connection: Any, settings: Settings
) -> None:
    redis_connection.execute_command("ACL", "SETUSER", "limited", "on", ">pw", "~*", "&*", "+@all", "-info", "-config")
    settings.REDIS_ADDRESS = settings.REDIS_ADDRESS.replace("//:", "//limited:").replace(password_of(settings), "pw")
    assert ids(deploy.check_redis()) == ["arrivals.I012"]


def test_a_redis_that_refuses_the_password_is_reported_as_unchecked(redis: str, settings: Settings) -> None:
    settings.REDIS_ADDRESS = settings.REDIS_ADDRESS.replace(password_of(settings), "wrong")
    found = deploy.check_redis()
    assert ids(found) == ["arrivals.I011"]
    assert "it refuses the password" in found[0].msg


def test_a_frozen_redis_does_not_block_the_command(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent_server:
        settings.REDIS_ADDRESS = f"redis://127.0.0.1:{silent_server.getsockname()[1]}/0"
        began = time.monotonic()
        assert ids(deploy.check_redis()) == ["arrivals.I011"]
        assert time.monotonic() - began < 60


def password_of(settings: Settings) -> str:
    return str(settings.REDIS_ADDRESS).partition("//:")[2].partition("@")[0]


@pytest.mark.django_db(transaction=True)
def test_the_clock_and_the_workers_are_read_from_the_database() -> None:
    registry.record_heartbeat("celery@elsewhere.example", timezone.now())
    skew, names = run_in_thread(deploy.read_database).result(60)
    assert abs(skew) < deploy.CLOCK_SKEW_SECONDS_MAX
    assert names == ["celery@elsewhere.example"]


def test_an_error_of_a_check_is_reported_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OSError("password=secret")

    monkeypatch.setattr(deploy, "read_database", broken)
    monkeypatch.setattr(deploy, "read_redis", broken)
    found = deploy.check()
    assert ids(found) == ["arrivals.I011"] * 2
    assert "secret" not in str(found)


@pytest.mark.parametrize(("skew", "words"), [(3.2, "3 s ahead of"), (-90, "90 s behind")])
def test_a_clock_that_is_off_is_reported(skew: float, words: str) -> None:
    found = deploy.check_clock("Redis", skew)
    assert ids(found) == ["arrivals.W010"]
    assert words in found[0].msg
    assert deploy.check_clock("Redis", skew / 100) == []


def test_sqlite_with_workers_on_another_host_is_reported() -> None:
    names = ["celery@here", "celery@there"]
    assert ids(deploy.check_hosts("sqlite", names, "here")) == ["arrivals.W004"]
    assert deploy.check_hosts("sqlite", ["celery@here"], "here") == []
    assert deploy.check_hosts("postgresql", names, "here") == []


def test_settings_that_conflict_are_reported(settings: Settings) -> None:
    assert [*checks.check_debug_and_layer(None), *checks.check_metrics_token(None), *checks.check_limits(None)] == []
    settings.DEBUG, settings.ALLOWED_HOSTS = True, ["arrivals.example"]
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    settings.METRICS_TOKEN = "short"
    assert ids(checks.check_debug_and_layer(None)) == ["arrivals.W003", "arrivals.W005"]
    assert ids(checks.check_metrics_token(None)) == ["arrivals.W013"]
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 2}
    settings.EVENTS_KEEP = 1000
    assert ids(checks.check_limits(None)) == ["arrivals.W008", "arrivals.W009"]
