"""Failures that fail no job: database errors at every start, and dead lanes in the 30 s after a request."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import InterfaceError, InternalError, OperationalError, connection

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
    fail(job_id=job.pk, error="Failed by the test.")
    age(job)
    return actions.remove(job_id=job.pk).job


def work(lane: Lane) -> str:
    return slices.work(job_id=lane.job_id, task_id=lane.task_id, seconds=60)


@pytest.mark.fault("the database fails at every start of a lane")
@pytest.mark.parametrize(
    "error",
    [
        OperationalError("database or disk is full"),
        InterfaceError("the connection is closed"),
        InternalError("terminating connection due to idle-in-transaction timeout"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_database_error_at_every_start_does_not_fail_the_job(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Like a full disk: the UPDATE that counts a start works, and the INSERT of a step fails."""

    def fail_inserts(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("INSERT"):
            raise error
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


def test_a_step_after_a_long_lock_wait_is_refunded_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index build holds such a lock. Two waits of 20 s would exceed Celery's soft limit, which refunds no attempt
    and fails a job at the fifth time.
    """
    inserts = []

    def give_up(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("INSERT"):
            inserts.append(sql)
            raise OperationalError("canceling statement due to lock timeout")
        return execute(sql, *rest)

    monkeypatch.setattr(slices, "REPEAT_SECONDS", 0)
    job, _ = queued()
    with connection.execute_wrapper(give_up):
        assert work(job.lanes.get()) == f"Job {job.pk} was interrupted and continues later."
    assert len(inserts) == 1
    assert Lane.objects.values_list("attempts", "rescues").get() == (0, 0)


@pytest.mark.fault("the lanes of an old job die right after a retry or a new removal")
@pytest.mark.parametrize("request_again", [retried, removing_again], ids=lambda request_again: request_again.__name__)
def test_a_retry_or_another_removal_of_an_old_job_has_its_half_minute(request_again: Callable[[], Job]) -> None:
    lane = request_again().lanes.get()
    for _ in range(leases.MOST_ATTEMPTS):
        leases.claim(job_id=lane.job_id, task_id=lane.task_id)
    assert work(lane) == f"Job {lane.job_id} waits for the next rescue."
    age(lane.job)
    Lane.objects.update(seen_at=LONG_AGO)
    rescue.rescue()
    assert Job.objects.get().state == "failed"
