"""What fails no job: a database that fails under each start, and deaths in the half minute after it was asked for."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection

from task.jobs import actions, leases, rescue, slices
from task.jobs.actions import fail
from task.models import Job, Lane
from tests.support.stepping import LONG_AGO, age, failed, queued, removing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def retried() -> Job:
    job = failed()
    age(job)
    return actions.retry(job_id=job.pk).job


def removing_again() -> Job:
    job, _ = removing()
    fail(job_id=job.pk, error="It was told to.")
    age(job)
    return actions.remove(job_id=job.pk).job


def work(lane: Lane) -> str:
    return slices.work(job_id=lane.job_id, task_id=lane.task_id, seconds=60)


@pytest.mark.fault("the database fails at every start of a lane")
def test_a_database_that_fails_under_each_start_fails_no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a full disk does: a start can still be counted, and a step finds no room."""

    def fail_inserts(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("INSERT"):
            raise OperationalError("database or disk is full")
        return execute(sql, *rest)

    monkeypatch.setattr(slices, "PAUSES_SECONDS", ())
    job, _ = queued()
    age(job)
    lane = job.lanes.get()
    for _ in range(2 * leases.MOST_ATTEMPTS):
        Lane.objects.update(seen_at=LONG_AGO, rescues=3)
        with connection.execute_wrapper(fail_inserts):
            assert work(lane) == f"Job {lane.job_id} was interrupted and continues later."
        assert Lane.objects.values_list("attempts", "rescues").get() == (0, 0)
    assert work(lane) == "60 random users created with success!"


def test_a_step_that_waited_long_is_excused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a lock that an index is built under: two waits of 20 s would be over Celery's soft limit, which excuses
    nobody, and fails a job that meets it five times.
    """
    tried = []

    def give_up(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("INSERT"):
            tried.append(sql)
            raise OperationalError("canceling statement due to lock timeout")
        return execute(sql, *rest)

    monkeypatch.setattr(slices, "REPEAT_SECONDS", 0)
    job, _ = queued()
    with connection.execute_wrapper(give_up):
        assert work(job.lanes.get()) == f"Job {job.pk} was interrupted and continues later."
    assert len(tried) == 1
    assert Lane.objects.values_list("attempts", "rescues").get() == (0, 0)


@pytest.mark.fault("the lanes of an old job die right after a retry or a new removal")
@pytest.mark.parametrize("ask", [retried, removing_again], ids=lambda ask: ask.__name__)
def test_what_is_asked_again_of_an_old_job_has_its_time_as_well(ask: Callable[[], Job]) -> None:
    lane = ask().lanes.get()
    for _ in range(leases.MOST_ATTEMPTS):
        leases.claim(job_id=lane.job_id, task_id=lane.task_id)
    assert work(lane) == f"Job {lane.job_id} waits for the next rescue."
    age(lane.job)
    Lane.objects.update(seen_at=LONG_AGO)
    rescue.rescue()
    assert Job.objects.get().state == "failed"
