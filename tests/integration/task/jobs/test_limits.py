"""Limits of a user: active jobs and jobs an hour, also under concurrent requests."""

import datetime
from functools import partial
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from task.jobs import actions, rescue
from task.jobs.start import TooManyJobs, start_job
from task.models import Job, Worker
from task.options import SHARED, Options
from task.workers import registry
from tests.support import stepping
from tests.support.database import at_once
from tests.support.hashers import QuickHasher

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def ann() -> Any:
    return get_user_model().objects.create(username="ann")


def test_a_user_cannot_exceed_the_limit_of_active_jobs(ann: Any, settings: Any) -> None:
    settings.JOBS_AT_WORK_MAX = 2
    first, _ = (start_job(total=5, requested_by=ann).job for _ in range(2))
    with pytest.raises(TooManyJobs, match="You have 2 active jobs, which is the limit") as refused:
        start_job(total=5, requested_by=ann)
    assert refused.value.retry_after_seconds > 0
    actions.cancel(job_id=first.pk)
    assert start_job(total=5, requested_by=ann).is_new


def test_a_job_that_a_limit_refuses_costs_no_hash(ann: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.JOBS_AT_WORK_MAX = 1
    shared = Options(passwords=SHARED, shared_password="typed by a person")
    hashed: list[str] = []
    encode = QuickHasher.encode

    def count_and_encode(*values: Any) -> str:
        hashed.append("once")
        return str(encode(*values))

    monkeypatch.setattr(QuickHasher, "encode", count_and_encode)
    start_job(total=5, requested_by=ann, options=shared)
    assert hashed == ["once"]
    for _ in range(3):
        with pytest.raises(TooManyJobs):
            start_job(total=5, requested_by=ann, options=shared)
    assert hashed == ["once"]


def test_concurrent_requests_cannot_exceed_the_limit_of_active_jobs(ann: Any, settings: Any) -> None:
    settings.JOBS_AT_WORK_MAX = 3

    def try_to_start() -> bool:
        try:
            return start_job(total=5, requested_by=ann).is_new
        except TooManyJobs:
            return False

    assert sum(at_once(10, try_to_start)) == 3
    assert Job.objects.count() == 3


def test_a_user_cannot_exceed_the_limit_of_jobs_an_hour(ann: Any, settings: Any) -> None:
    settings.JOBS_AN_HOUR_MAX = 2
    began = timezone.now()
    for requested_at in (began, began + 10 * MINUTE):
        job = start_job(total=5, requested_by=ann, clock=partial(next, iter([requested_at]))).job
        actions.cancel(job_id=job.pk)
    with pytest.raises(TooManyJobs, match="try again in 40 min") as refused:
        start_job(total=5, requested_by=ann, clock=lambda: began + 20 * MINUTE)
    assert refused.value.retry_after_seconds == 40 * 60
    assert start_job(total=5, requested_by=ann, clock=lambda: began + 61 * MINUTE).is_new


def test_a_repeated_request_is_answered_at_the_limit(ann: Any, settings: Any) -> None:
    settings.JOBS_AT_WORK_MAX = 1
    job = start_job(total=5, requested_by=ann).job
    again = start_job(total=5, requested_by=ann, request_id=job.request_id)
    assert (again.job, again.is_new) == (job, False)


def test_the_limit_of_a_user_does_not_apply_to_other_users_or_the_shell(ann: Any, settings: Any) -> None:
    settings.JOBS_AT_WORK_MAX = 1
    start_job(total=5, requested_by=ann)
    assert start_job(total=5, requested_by=get_user_model().objects.create(username="bob")).is_new
    assert [start_job(total=5).is_new for _ in range(3)] == [True] * 3


def test_a_queued_job_reports_a_missing_worker_after_a_while() -> None:
    job, _ = stepping.queued()
    assert registry.waiting_reason(job, job.created_at) == "waiting for a worker"
    assert registry.waiting_reason(job, job.created_at + MINUTE) == "no worker is running"
    rescue.rescue(worker="celery@here")
    assert Worker.objects.get().name == "celery@here"
    assert registry.waiting_reason(job, timezone.now() + MINUTE / 3) == "waiting for a worker"


def test_a_step_of_any_job_is_a_sign_of_a_worker() -> None:
    job, _ = stepping.queued()
    other, _ = stepping.running()
    assert other.stepped_at
    assert registry.waiting_reason(job, other.stepped_at + MINUTE / 3) == "waiting for a worker"
    assert registry.waiting_reason(other, other.stepped_at + MINUTE) == ""
