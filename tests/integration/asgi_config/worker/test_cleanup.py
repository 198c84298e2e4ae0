"""Cleanup deletes rows that are old enough, and keeps all others."""

import datetime
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from asgi_config.models import SignInLink
from asgi_config.sign_in.links import make_link, use_link
from asgi_config.worker import cleanup as site_cleanup
from task import tokens
from task.jobs import actions, cleanup
from task.jobs.actions import fail
from task.jobs.counts import count_jobs
from task.models import Account, Act, DeletedJobTotals, Job, Token, Worker
from task.workers import registry
from tests.support import stepping

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]
DAY = datetime.timedelta(days=1)


@pytest.fixture
def ann() -> Any:
    return get_user_model().objects.create_user("ann")


def test_expired_sessions_and_links_are_deleted_and_valid_ones_stay(ann: Any) -> None:
    client = Client()
    client.force_login(ann)
    Session.objects.create(session_key="old", expire_date=timezone.now() - DAY)
    link = make_link(user=ann, address="")
    ben = get_user_model().objects.create_user("ben")
    SignInLink.objects.create(user=ben, digest="old", expires_at=timezone.now() - 2 * DAY)
    site_cleanup.clean_up()
    assert Session.objects.count() == 1
    assert use_link(token=link.partition("token=")[2]) == ann
    assert not SignInLink.objects.filter(digest="old").exists()


def test_an_expired_sign_in_lock_is_deleted_and_an_active_one_stays() -> None:
    for name in ("old", "new"):
        AccessAttempt.objects.create(username=name, failures_since_start=10)
    AccessAttempt.objects.filter(username="old").update(attempt_time=timezone.now() - DAY)
    site_cleanup.clean_up()
    assert AccessAttempt.objects.get().username == "new"


def test_a_token_is_deleted_a_month_after_its_end_and_its_audit_log_stays(ann: Any) -> None:
    for name in ("living", "expired", "revoked"):
        tokens.make_token(user=ann, name=name, days=None)
    long_ago, lately = timezone.now() - 31 * DAY, timezone.now() - 29 * DAY
    Token.objects.filter(name="expired").update(expires_at=long_ago)
    Token.objects.filter(name="revoked").update(revoked_at=lately)
    cleanup.clean_up(timezone.now())
    assert set(Token.objects.values_list("name", flat=True)) == {"living", "revoked"}
    assert Act.objects.filter(kind="token_made").count() == 3


def test_a_worker_silent_for_a_day_is_deleted() -> None:
    registry.record_heartbeat("gone", timezone.now() - 2 * DAY)
    registry.record_heartbeat("here", timezone.now())
    cleanup.clean_up(timezone.now())
    assert Worker.objects.get().name == "here"


def test_a_worker_that_reports_just_before_the_delete_stays() -> None:
    registry.record_heartbeat("back", timezone.now() - 2 * DAY)

    def report_before_delete(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("DELETE"):
            Worker.objects.update(heard_at=timezone.now())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(report_before_delete):
        cleanup.clean_up(timezone.now())
    assert Worker.objects.get().name == "back"


def removed_job(*, days_ago: int) -> Job:
    job = stepping.remove_all(stepping.finished(3))
    Job.objects.filter(pk=job.pk).update(removed_at=timezone.now() - days_ago * DAY)
    return job


def test_no_job_is_deleted_unless_configured() -> None:
    removed_job(days_ago=1000)
    site_cleanup.clean_up()
    assert Job.objects.count() == 1


def test_a_removed_job_is_deleted_with_its_audit_log_and_stays_counted(settings: Settings) -> None:
    settings.JOBS_KEEP_DAYS = 30
    gone, young, kept = removed_job(days_ago=31), removed_job(days_ago=29), stepping.finished(4)
    site_cleanup.clean_up()
    assert set(Job.objects.values_list("pk", flat=True)) == {young.pk, kept.pk}
    assert not Act.objects.filter(job_id=gone.pk).exists()
    assert (count_jobs().accounts, DeletedJobTotals.objects.get().accounts) == (10, 3)
    assert {state: number for state, number in count_jobs().by_state.items() if number} == {"removed": 1, "finished": 1}


def test_accounts_are_counted_by_one_statement(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert count_jobs().accounts == 0


def test_a_removed_job_that_kept_an_account_stays(settings: Settings) -> None:
    settings.JOBS_KEEP_DAYS = 30
    job = stepping.finished(3)
    get_user_model().objects.filter(account__number=1).update(last_login=timezone.now())
    stepping.remove_all(job)
    Job.objects.update(removed_at=timezone.now() - 31 * DAY)
    site_cleanup.clean_up()
    assert Account.objects.get().job == job


def test_an_ended_job_without_accounts_is_deleted_like_a_removed_one(settings: Settings) -> None:
    settings.JOBS_KEEP_DAYS = 30
    cancelled = [actions.cancel(job_id=stepping.queued()[0].pk).job for _ in range(2)]
    failed, waiting = stepping.queued()[0], stepping.queued()[0]
    fail(job_id=failed.pk, error="Failed by this test.")
    stays = [cancelled[1], waiting, stepping.cancelled(made=3), stepping.failed(made=3)]
    Job.objects.exclude(pk__in=[cancelled[1].pk, waiting.pk]).update(finished_at=timezone.now() - 31 * DAY)
    site_cleanup.clean_up()
    assert set(Job.objects.values_list("pk", flat=True)) == {job.pk for job in stays}
    assert (DeletedJobTotals.objects.get().jobs, count_jobs().accounts) == (2, 6)


def test_all_old_jobs_are_deleted_in_batches_within_one_cleanup(settings: Settings, monkeypatch: Any) -> None:
    settings.JOBS_KEEP_DAYS = 30
    monkeypatch.setattr(cleanup, "JOBS_AT_ONCE", 2)
    for _ in range(5):
        removed_job(days_ago=31)
    site_cleanup.clean_up()
    assert Job.objects.count() == 0
    assert sorted(DeletedJobTotals.objects.values_list("jobs", "accounts")) == [(1, 3), (2, 6), (2, 6)]


def test_many_rows_are_deleted_in_batches_and_the_rest_next_time(monkeypatch: Any) -> None:
    monkeypatch.setattr(cleanup, "BATCH_SIZE", 2)
    for number in range(5):
        registry.record_heartbeat(f"worker-{number}", timezone.now())
    assert cleanup.delete_in_batches(Worker.objects.all(), seconds=-1) == 2
    assert cleanup.delete_in_batches(Worker.objects.all()) == 3
