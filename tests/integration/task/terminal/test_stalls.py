"""Why a job stands still: a full disk, no worker, or a fault that only the worker's log knows."""

import datetime

import pytest
from django.db import connection
from django.utils import timezone

from task.database import disk
from task.models import Job
from task.workers import registry
from tests.support import stepping

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

LATER = datetime.timedelta(seconds=20)


@pytest.fixture
def job() -> Job:
    """A running job whose last step is an hour old."""
    found, _ = stepping.running()
    Job.objects.filter(pk=found.pk).update(started_at=stepping.LONG_AGO)
    stepping.age(found)
    return stepping.now(found)


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "LEAST_FREE_BYTES", 1 << 62)


def test_a_job_without_a_worker_stalls_for_that_reason(job: Job) -> None:
    assert registry.stall_reason(job, timezone.now()) == "no worker is running"


def test_a_job_with_a_worker_refers_to_its_log(job: Job) -> None:
    registry.record_heartbeat("celery@here", timezone.now())
    assert registry.stall_reason(job, timezone.now()) == "the worker's log says why"


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_the_reason_for_running_and_for_queued_jobs(job: Job) -> None:
    queued, _ = stepping.queued()
    now = timezone.now()
    for reason in (registry.stall_reason(job, now), registry.waiting_reason(queued, now + LATER)):
        is_on_this_disk = connection.vendor == "sqlite"  # PostgreSQL may have another host
        assert reason.startswith("the disk of the database has only ") == is_on_this_disk
        assert reason.endswith(" MB free") == is_on_this_disk


def test_a_job_that_made_a_step_lately_does_not_stall() -> None:
    job, _ = stepping.running()
    assert registry.stall_reason(job, timezone.now()) == ""


def test_a_job_behind_others_does_not_stall(job: Job) -> None:
    stepping.running()
    assert registry.stall_reason(job, timezone.now()) == ""


@pytest.mark.parametrize("make", [stepping.finished, stepping.failed, stepping.cancelled])
def test_an_ended_job_does_not_stall(make: object) -> None:
    job = make()  # type: ignore[operator]
    stepping.age(job)
    assert registry.stall_reason(stepping.now(job), timezone.now()) == ""


def test_a_removal_that_has_just_begun_does_not_stall() -> None:
    job, _ = stepping.removing()
    assert registry.stall_reason(job, timezone.now()) == ""
    stepping.age(job)
    assert registry.stall_reason(stepping.now(job), timezone.now()) == "no worker is running"
