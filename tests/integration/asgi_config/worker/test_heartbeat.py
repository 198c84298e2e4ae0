"""What workers record about themselves: heartbeats, and the counts of their processes."""

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_django import Settings

from asgi_config.worker import heartbeat
from realtime import metrics
from task.models import Worker
from task.workers.counters import Counters

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "celery@idle.example"


@pytest.fixture
def sender(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(heartbeat._Last, "heartbeat_at", float("-inf"))
    heart = SimpleNamespace(eventer=SimpleNamespace(hostname=NAME))
    heartbeat.write_heartbeat(sender=heart)
    return heart


def test_a_worker_records_itself_but_not_at_every_heartbeat(sender: Any) -> None:
    before = Worker.objects.get(name=NAME).heard_at
    heartbeat.write_heartbeat(sender=sender)
    assert Worker.objects.get(name=NAME).heard_at == before


def test_counts_are_recorded_once(sender: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics.counted, "hints_lost", 3)
    counters = Counters()
    counters.add_step(0.25)
    counters.add_step(0.5)
    for _ in range(2):
        counters.flush(NAME)
    worker = Worker.objects.get(name=NAME)
    assert (worker.steps, worker.step_seconds, worker.hints_lost) == (2, 0.75, 3)


def test_counts_that_cannot_be_recorded_now_are_recorded_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics.counted, "hints_lost", 0)
    counters = Counters()
    counters.add_step(0.25)
    counters.flush(NAME)
    monkeypatch.setattr(heartbeat._Last, "heartbeat_at", float("-inf"))
    heartbeat.write_heartbeat(sender=SimpleNamespace(eventer=SimpleNamespace(hostname=NAME)))
    counters.flush(NAME)
    assert Worker.objects.get(name=NAME).steps == 1


@pytest.mark.parametrize(("configured", "level"), [("ERROR", logging.ERROR), (None, logging.DEBUG)])
def test_a_configured_log_level_overrides_celerys(
    configured: str | None, level: int, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    celerys = logging.Logger("celery", logging.DEBUG)
    settings.LOG_LEVEL = configured or "INFO"
    monkeypatch.delenv("LOG_LEVEL", raising=False)
    if configured:
        monkeypatch.setenv("LOG_LEVEL", configured)
    heartbeat.format_log_lines(logger=celerys)
    assert celerys.level == level
