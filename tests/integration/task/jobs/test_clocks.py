"""Clock changes: nothing waits for a clock that goes back an hour, and the times of a job stay in order."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from asgi_config.worker.schedule import Every
from task import tokens
from task.accounts import insert
from task.jobs import actions, leases, removal, rescue
from task.jobs.start import TooManyJobs, start_job
from task.jobs.step import step
from task.models import Act, Job, Lane, Token, Worker
from task.pages.job_page import read_job_page
from task.workers import registry
from tests.support.feeding import feed_events
from tests.support.job_states import lane_of, operator_visit
from tests.support.stepping import now, queued, running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

HOUR = datetime.timedelta(hours=1)
NOON = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
ELEVEN = NOON - HOUR


def noon() -> datetime.datetime:
    return NOON


def eleven() -> datetime.datetime:
    return ELEVEN


def step_at(job: Job, clock: Any, size: int) -> None:
    lane = Lane.objects.select_related("job").get(job=job)
    step(
        job_id=job.pk,
        task_id=lane.task_id,
        candidates=insert.prepare_candidates(lane, size),
        first=lane.tried,
        clock=clock,
    )


def job_during_which_the_clock_goes_back() -> Job:
    """Returns a job that started at noon by the clock, finished at eleven, and is removed in part."""
    job, _ = queued(60, clock=noon)
    step_at(job, noon, 25)
    step_at(job, eleven, 25)
    step_at(job, eleven, 10)
    actions.remove(job_id=job.pk, clock=eleven)
    removal.step(job_id=job.pk, task_id=lane_of(job), size=20, clock=eleven)
    return now(job)


@pytest.mark.fault("the clock goes back an hour during a job")
def test_the_times_of_a_job_stay_in_order_when_the_clock_goes_back() -> None:
    job = job_during_which_the_clock_goes_back()
    times = [job.created_at, job.started_at, job.finished_at, job.removal_began_at, job.stepped_at]
    assert times == sorted(times, key=lambda at: at or NOON)
    assert job.finished_at
    assert job.finished_at >= NOON
    joined = [event["user"]["date_joined"] for event in feed_events() if event["type"] == "user.created"]
    assert joined == sorted(joined)


def test_the_job_page_shows_the_whole_chart_and_no_negative_time() -> None:
    job = job_during_which_the_clock_goes_back()
    page = read_job_page(job_id=job.pk, before=None, viewer=get_user_model()(is_superuser=True))
    assert page
    assert page.elapsed_ms is not None
    assert page.elapsed_ms >= 0
    assert not page.is_cut
    assert [line.text for line in page.audit_log] == ["requested from the command line", "started", "finished", REMOVAL]


REMOVAL = "removal requested from the command line"


def test_a_running_job_with_a_start_in_the_future_shows_0_seconds() -> None:
    job, _ = running()
    Job.objects.update(started_at=timezone.now() + HOUR, stepped_at=timezone.now() + HOUR)
    client: Client = operator_visit()
    answer = client.get(f"/jobs/{job.pk}/")
    assert "<strong>0.0 s</strong> <span>elapsed</span>" in answer.content.decode()


@pytest.mark.fault("a lane dies just before the clock goes back")
def test_a_lane_that_died_before_the_clock_went_back_is_rescued_at_once() -> None:
    queued(60, clock=noon)
    assert [lane.seen_at for lane in leases.stalled(ELEVEN)] == [NOON]
    leases.redeliver(leases.stalled(ELEVEN)[0], ELEVEN)
    assert leases.stalled(ELEVEN) == []
    assert len(leases.stalled(ELEVEN + 2 * leases.RESCUE_AFTER)) == 1


def test_a_clock_difference_of_30_seconds_redelivers_no_living_lane() -> None:
    queued(60, clock=noon)
    assert leases.stalled(NOON - datetime.timedelta(seconds=30)) == []


@pytest.mark.fault("the clock goes back and a lane dies at every start")
def test_a_lane_that_dies_at_every_start_fails_its_job_after_the_clock_went_back() -> None:
    """Its last step is in the future, so only the number of rescues shows that the lane stalled long ago."""
    job, task_id = queued(60, clock=noon)
    for _ in range(leases.MOST_ATTEMPTS):
        leases.claim(job_id=job.pk, task_id=task_id, clock=eleven)
    lane = Lane.objects.select_related("job").get()
    assert not leases.is_hopeless(lane, ELEVEN)
    Job.objects.update(created_at=timezone.now() + HOUR)
    Lane.objects.update(rescues=leases.HOPELESS_RESCUES, seen_at=timezone.now() + HOUR)
    rescue.rescue()
    assert now(job).state == "failed"


@pytest.mark.fault("a worker dies just before the clock goes back")
def test_a_worker_that_died_before_the_clock_went_back_is_not_counted() -> None:
    job, _ = queued(60, clock=noon)
    Worker.objects.create(name="gone@here", heard_at=NOON, processes=8)
    assert registry.count_processes(ELEVEN) == 1
    assert registry.waiting_reason(job, ELEVEN) == registry.NONE_RUNNING
    registry.record_heartbeat("back@here", ELEVEN, processes=2)
    assert registry.count_processes(ELEVEN) == 2
    assert registry.waiting_reason(job, ELEVEN) == "waiting for a worker"


@pytest.mark.fault("the clock goes back after jobs were counted for the hourly limit")
def test_jobs_in_the_future_do_not_count_against_the_hourly_limit(settings: Any) -> None:
    settings.JOBS_AN_HOUR_MAX = 1
    ann = get_user_model().objects.create(username="ann")
    actions.cancel(job_id=queued(5, requested_by=ann, clock=noon)[0].pk)
    assert start_job(total=5, requested_by=ann, clock=eleven).is_new
    with pytest.raises(TooManyJobs) as refused:
        start_job(total=5, requested_by=ann, clock=eleven)
    assert refused.value.retry_after_seconds <= 3600


def test_the_last_use_of_a_token_is_written_although_the_stored_one_is_in_the_future() -> None:
    text = tokens.make_token(user=get_user_model().objects.create(username="ann"), name="test", days=1, clock=noon)
    for clock in (noon, eleven):
        assert tokens.token_user(text, clock=clock)
    assert Token.objects.get().last_used_at == ELEVEN


def test_beat_continues_although_its_last_run_is_in_the_future() -> None:
    every = Every(5, nowfun=eleven)
    assert every.is_due(NOON).is_due
    assert every.is_due(ELEVEN - datetime.timedelta(seconds=5)).is_due
    not_yet = every.is_due(ELEVEN - datetime.timedelta(seconds=3))
    assert (not_yet.is_due, not_yet.next) == (False, 2)


def test_an_older_release_of_beat_does_not_open_the_schedule_file() -> None:
    """It would not start, because Celery replaces a broken schedule file, but not one that names an unknown class."""
    assert Path(django_settings.CELERY_BEAT_SCHEDULE_FILENAME).name != "celerybeat-schedule"


def test_the_audit_log_keeps_the_order_of_the_actions() -> None:
    job_during_which_the_clock_goes_back()
    assert list(Act.objects.order_by("at").values_list("kind", flat=True)) == ["asked", "removed"]


def test_a_heartbeat_in_the_future_is_ignored() -> None:
    registry.record_heartbeat("dead", NOON)
    assert registry.last_heartbeat_at(ELEVEN) is None
    registry.record_heartbeat("living", ELEVEN)
    assert registry.last_heartbeat_at(ELEVEN) == ELEVEN
