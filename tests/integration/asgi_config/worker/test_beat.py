"""Beat's health: the time of the last rescue that beat sent."""

import datetime
from contextvars import copy_context
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError, connection
from django.utils import timezone

from asgi_config.monitoring import metrics, probes
from task.jobs import rescue
from task.models import Worker
from task.tasks import BY_BEAT, rescue_jobs
from task.workers import registry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]
SECOND = datetime.timedelta(seconds=1)
METRIC = "arrivals_rescued_timestamp_seconds"


def metric_value() -> float:
    return {name: value for name, value, _ in metrics.read_database()}[METRIC]


def fault() -> str:
    [answer] = async_to_sync(probes.probe)(["beat"])
    return answer.fault


def run_rescue(*, headers: dict[str, str]) -> None:
    """Runs the message in a context of its own, because a pool process keeps its log context until its next task."""
    copy_context().run(rescue_jobs.apply, headers=headers)


def test_only_a_rescue_that_beat_sent_shows_that_beat_is_alive() -> None:
    run_rescue(headers={})
    assert (metric_value(), fault()) == (0, "no rescue was ever recorded")
    run_rescue(headers={BY_BEAT: "yes"})
    assert (metric_value(), fault()) == (Worker.objects.get().heard_at.timestamp(), "")


def test_a_minute_without_a_rescue_is_a_fault_although_workers_are_alive() -> None:
    now = timezone.now()
    registry.record_heartbeat("one", now)
    registry.record_rescue("one", now - 59 * SECOND)
    assert fault() == ""
    registry.record_rescue("one", now - 61 * SECOND)
    assert fault() == "no rescue was recorded in the last minute"
    assert metric_value() == (now - 61 * SECOND).timestamp()


def test_a_rescue_dated_in_the_future_is_ignored() -> None:
    now = timezone.now()
    for name, rescued_at in (("gone", now + 3600 * SECOND), ("here", now - 61 * SECOND)):
        registry.record_heartbeat(name, now)
        registry.record_rescue(name, rescued_at)
    assert metric_value() == (now - 61 * SECOND).timestamp()
    assert fault() != ""


def test_a_failed_rescue_is_not_recorded() -> None:
    def fail_on_lanes(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if 'FROM "arrivals_lane"' in sql:
            raise OperationalError("the table is locked")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail_on_lanes):
        rescue.rescue(worker="one", is_beats=True)
    assert Worker.objects.get().rescued_at is None
