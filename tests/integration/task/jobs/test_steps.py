"""Steps: one transaction each. A job of N ends with exactly N accounts, however often a step is repeated."""

from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth import authenticate, get_user_model
from django.db import IntegrityError, connection

from task.accounts import insert, passwords
from task.jobs.actions import fail
from task.jobs.start import RequestIdReused, UnusableTotal, start_job
from task.jobs.verification import verify
from task.models import Account, Job, Lane
from tests.support.database import at_once
from tests.support.feeding import feed_events
from tests.support.stepping import queued, step, take

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User = get_user_model()


def test_a_new_job_is_queued_and_has_one_lane() -> None:
    result = start_job(total=60)
    assert (result.is_new, result.queue_fault, result.job.state) == (True, "", "queued")
    assert result.job.lanes.count() == 1
    assert [event["type"] for event in feed_events()] == ["job.queued"]


def test_steps_make_exactly_the_total_and_end_the_job() -> None:
    job, task_id = queued(60)
    states = [step(job, task_id, 25) for _ in range(3)]
    assert [(after.created, after.state) for after in states if after] == [
        (25, "running"),
        (50, "running"),
        (60, "finished"),
    ]
    assert (User.objects.count(), Account.objects.filter(job=job).count()) == (60, 60)
    assert not Lane.objects.exists()
    assert verify(Job.objects.get()).problems == []


def test_the_feed_has_the_events_of_a_job_in_order() -> None:
    job, task_id = queued(3)
    step(job, task_id, 5)
    events = feed_events()
    assert [event["type"] for event in events] == [
        "job.queued",
        "job.started",
        "user.created",
        "user.created",
        "user.created",
        "job.finished",
    ]
    assert [event["number"] for event in events[2:5]] == [1, 2, 3]
    assert {event["user"]["username"] for event in events[2:5]} == set(User.objects.values_list("username", flat=True))


def test_a_step_after_the_end_does_nothing() -> None:
    job, task_id = queued(5)
    step(job, task_id, 5)
    assert step(job, task_id, 5) is None
    assert User.objects.count() == 5


def test_a_step_of_a_stale_message_makes_no_accounts() -> None:
    job, task_id = queued(5)
    Lane.objects.update(task_id=uuid4())
    assert step(job, task_id, 5) is None
    assert not User.objects.exists()


def test_concurrent_copies_of_a_message_make_each_number_once() -> None:
    job, task_id = queued(200)

    def work() -> None:
        while step(job, task_id, 7):
            pass

    at_once(4, work)
    assert User.objects.count() == 200
    assert Counter(Account.objects.values_list("number", flat=True)) == Counter(range(1, 201))
    assert verify(Job.objects.get()).problems == []


def test_a_taken_name_is_replaced_and_its_user_stays_unchanged() -> None:
    job, task_id = queued(10)
    lane = job.lanes.get()
    candidates = insert.prepare_candidates(lane, 10)
    User.objects.create(username=candidates[3].login_name, email="mine@example.org")
    after = take(lane, candidates)
    assert after is not None
    assert (after.job.created, after.tried) == (9, 10)
    assert User.objects.get(username=candidates[3].login_name).email == "mine@example.org"
    finished = step(job, task_id, 10)
    assert finished is not None
    assert finished.state == "finished"
    assert verify(Job.objects.get()).problems == []


@pytest.mark.usefixtures("full_strength")
def test_a_sign_in_with_the_derived_password_upgrades_the_hash() -> None:
    job, task_id = queued(1)
    step(job, task_id, 1)
    user = User.objects.get()
    password = passwords.Deriver.of_job(settings.SECRET_KEY, bytes(job.nonce)).password(user.username)
    assert user.password.startswith("pbkdf2_sha256$1$")
    assert authenticate(username=user.username, password="wrong") is None
    assert authenticate(username=user.username, password=password) == user
    user.refresh_from_db()
    assert int(user.password.split("$")[1]) > 100_000


def test_a_new_account_has_no_permissions() -> None:
    job, task_id = queued(1)
    step(job, task_id, 1)
    user = User.objects.get()
    assert (user.is_active, user.is_staff, user.is_superuser, user.get_all_permissions()) == (True, False, False, set())


def test_a_repeated_request_returns_the_same_job() -> None:
    request_id = uuid4()
    first = start_job(total=50, request_id=request_id)
    again = start_job(total=50, request_id=request_id)
    assert (again.is_new, again.job) == (False, first.job)
    assert Job.objects.count() == 1


def test_a_request_id_with_other_values_is_refused() -> None:
    request_id = uuid4()
    start_job(total=50, request_id=request_id)
    with pytest.raises(RequestIdReused):
        start_job(total=51, request_id=request_id)


def test_a_request_id_belongs_to_its_requester() -> None:
    request_id = uuid4()
    people = [None, User.objects.create(username="ann"), User.objects.create(username="ben")]
    first = [start_job(total=50 + i, request_id=request_id, requested_by=one).job for i, one in enumerate(people)]
    again = [start_job(total=50 + i, request_id=request_id, requested_by=one) for i, one in enumerate(people)]
    assert [(one.is_new, one.job) for one in again] == [(False, job) for job in first]
    assert Job.objects.count() == 3


def test_requests_stay_apart_after_their_requesters_are_deleted() -> None:
    request_id = uuid4()
    shell = start_job(total=50, request_id=request_id).job
    for name in ("ann", "ben"):
        user = User.objects.create(username=name)
        start_job(total=60, request_id=request_id, requested_by=user)
        user.delete()
    assert start_job(total=50, request_id=request_id).job == shell
    assert Job.objects.filter(request_id=request_id, requested_by=None).count() == 3


def test_concurrent_copies_of_a_request_start_one_job() -> None:
    request_id = uuid4()
    results = at_once(8, lambda: start_job(total=50, request_id=request_id))
    assert [result.is_new for result in results].count(True) == 1
    assert len(results) == 8
    assert Job.objects.count() == 1


def test_the_same_request_of_two_users_many_times_at_once_is_one_job_each() -> None:
    request_id, turns = uuid4(), iter([User.objects.create(username=name) for name in ("ann", "ben")] * 4)
    results = at_once(8, lambda: start_job(total=50, request_id=request_id, requested_by=next(turns)))
    assert [result.is_new for result in results].count(True) == 2
    assert len(results) == 8
    assert {job.requested_by.username for job in Job.objects.all() if job.requested_by} == {"ann", "ben"}
    assert Job.objects.count() == 2


@pytest.mark.parametrize("total", [0, -1, 1_000_001])
def test_a_total_out_of_bounds_is_refused(total: int) -> None:
    with pytest.raises(UnusableTotal, match="1 to 1000000"):
        start_job(total=total)
    assert not Job.objects.exists()


def test_a_failed_job_keeps_its_first_error() -> None:
    job, task_id = queued(5)
    fail(job_id=job.pk, error="The reason.")
    fail(job_id=job.pk, error="Another.")
    assert step(job, task_id, 5) is None
    failed = Job.objects.get()
    assert (failed.state, failed.error) == ("failed", "The reason.")
    assert [event["type"] for event in feed_events()] == ["job.queued", "job.failed"]
    assert verify(failed).problems == []


@pytest.mark.parametrize("change", [{"created": 6}, {"state": "finished"}, {"created": 5, "state": "running"}], ids=str)
def test_the_database_refuses_an_impossible_job(change: dict[str, object]) -> None:
    queued(5)
    with pytest.raises(IntegrityError):
        Job.objects.update(**change)


def test_the_database_refuses_a_duplicate_number_in_a_job() -> None:
    job, task_id = queued(5)
    step(job, task_id, 2)
    with pytest.raises(IntegrityError):
        Account.objects.filter(number=2).update(number=1)


def test_a_step_whose_numbers_are_taken_changes_nothing() -> None:
    """Only a manual change of the tables causes this. No user may exist, or be on the feed, without an account."""
    job, task_id = queued(5)
    Account.objects.create(job=job, number=3, user=User.objects.create(username="by hand"))
    event_count = len(feed_events())
    with pytest.raises(IntegrityError):
        step(job, task_id, 5)
    assert (User.objects.count(), len(feed_events()), Job.objects.get().created) == (1, event_count, 0)


def test_verify_reports_a_missing_account() -> None:
    job, task_id = queued(5)
    step(job, task_id, 5)
    job.refresh_from_db()
    Account.objects.filter(number=3).delete()
    assert verify(job).problems == [
        "Accounts: 4, and 0 removed, but the job made 5.",
        "The accounts are not numbered 1, 2, 3, ...",
    ]


def test_a_taken_name_of_the_last_account_is_replaced() -> None:
    job, task_id = queued(1)
    lane = job.lanes.get()
    candidates = insert.prepare_candidates(lane, 1)
    User.objects.create(username=candidates[0].login_name)
    after = take(lane, candidates)
    assert after is not None
    assert (after.job.created, after.job.state) == (0, "running")
    finished = step(job, task_id, 1)
    assert finished is not None
    assert finished.state == "finished"
    assert verify(Job.objects.get()).problems == []


@pytest.mark.parametrize("total", ["500", 5.0, None, True])
def test_a_total_that_is_not_a_whole_number_is_refused(total: Any) -> None:
    with pytest.raises(UnusableTotal):
        start_job(total=total)


def test_a_user_table_that_accepts_no_row_is_an_error_and_not_an_endless_loop() -> None:
    User.objects.create(username="the-only-one")
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX one_active_user ON auth_user (is_active)")
        try:
            job, task_id = queued(2)
            with pytest.raises(insert.NoneInserted):
                step(job, task_id, 2)
        finally:
            cursor.execute("DROP INDEX one_active_user")
    assert Job.objects.get().created == 0


def test_a_step_with_only_taken_names_is_followed_by_one_with_new_names() -> None:
    job, task_id = queued(3)
    for candidate in insert.prepare_candidates(job.lanes.get(), 3):
        User.objects.create(username=candidate.login_name)
    skipped = step(job, task_id, 3)
    assert skipped is not None
    assert skipped.created == 0
    finished = step(job, task_id, 3)
    assert finished is not None
    assert finished.state == "finished"
    assert verify(Job.objects.get()).problems == []


def test_a_step_prepared_before_another_step_of_the_same_message_makes_nothing() -> None:
    job, _ = queued(10)
    lane = job.lanes.get()
    candidates = insert.prepare_candidates(lane, 4)
    first, second = take(lane, candidates), take(lane, candidates)
    assert first is not None
    assert second is not None
    assert (first.job.created, second.job.created, second.tried) == (4, 4, 4)
