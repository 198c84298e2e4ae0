"""Actions of users on a job: cancel is final at its commit, retry continues the job, and each may be repeated."""

import threading
from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import timezone

from realtime import log, outbox
from task.accounts import insert
from task.jobs import actions, slices
from task.jobs.actions import ActionResult, WrongState, fail
from task.jobs.verification import Verdict, verify
from task.models import Account, Act, Job, Lane
from tests.support import stepping
from tests.support.database import at_once
from tests.support.feeding import feed_types
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def test_a_cancelled_job_makes_no_more_accounts() -> None:
    job, task_id = stepping.running(made=25)
    actions.cancel(job_id=job.pk)
    assert stepping.step(job, task_id, 25) is None
    job = stepping.now(job)
    assert (job.state, job.created, Account.objects.count()) == ("cancelled", 25, 25)
    assert job.finished_at is not None
    assert not Lane.objects.exists()


def test_a_cancelled_job_has_its_end_on_the_feed_and_verifies() -> None:
    job = stepping.cancelled(made=2, total=5)
    assert feed_types() == ["job.queued", "job.started", "user.created", "user.created", "job.cancelled"]
    assert verify(job).problems == []


def test_a_queued_job_can_be_cancelled() -> None:
    job, task_id = stepping.queued()
    actions.cancel(job_id=job.pk)
    assert slices.work(job_id=job.pk, task_id=task_id) == f"Ignored a stale message for job {job.pk}."
    assert verify(stepping.now(job)).problems == []


def test_a_repeated_cancel_appends_one_event() -> None:
    job, _ = stepping.queued()
    assert [actions.cancel(job_id=job.pk).is_new for _ in range(2)] == [True, False]
    assert feed_types() == ["job.queued", "job.cancelled"]
    assert Act.objects.filter(kind="cancelled").count() == 1


def test_ten_concurrent_cancels_act_once() -> None:
    job, _ = stepping.queued()
    outcomes = at_once(10, lambda: actions.cancel(job_id=job.pk))
    assert sum(outcome.is_new for outcome in outcomes) == 1
    assert feed_types() == ["job.queued", "job.cancelled"]


@pytest.mark.parametrize("size", [1, 5, 20, 60])
def test_a_concurrent_cancel_and_step_leave_a_consistent_job(size: int) -> None:
    """A step that commits before the cancel counts. A step after the cancel makes nothing."""
    job, _ = stepping.queued(60)
    lane = job.lanes.get()
    candidates = insert.prepare_candidates(lane, size)
    competitors: list[Callable[[], object]] = [
        lambda: stepping.take(lane, candidates),
        lambda: cancel_or_not(job),
    ]

    def run_next() -> object:
        return competitors.pop()()

    at_once(2, run_next)
    job = stepping.now(job)
    assert job.state in {"cancelled", "finished"}
    assert job.created == job.accounts.count()
    assert verify(job).problems == []


def cancel_or_not(job: Job) -> ActionResult | None:
    try:
        return actions.cancel(job_id=job.pk)
    except WrongState:
        return None


def test_a_cancel_waits_for_the_step_that_locks_the_job() -> None:
    """The cancel commits after the step, so it counts the accounts of the step."""
    job, task_id = stepping.queued(60)
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=job.pk)
        thread = threading.Thread(target=cancel_and_close, args=[job])
        thread.start()
        if connection.vendor == "postgresql":
            wait_until(is_blocked)
        assert stepping.now(job).state == "queued"
    thread.join(20)
    assert stepping.now(job).state == "cancelled"
    assert stepping.step(job, task_id, 5) is None


def cancel_and_close(job: Job) -> None:
    actions.cancel(job_id=job.pk)
    connection.close()


def is_blocked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize(
    "ended", [stepping.finished, stepping.failed, lambda: stepping.remove_all(stepping.finished())]
)
def test_cancel_of_an_ended_job_is_refused(ended: Callable[[], Job]) -> None:
    job = ended()
    with pytest.raises(WrongState, match=f"Job {job.pk} has ended already: it is {job.state}"):
        actions.cancel(job_id=job.pk)
    assert stepping.now(job).state == job.state


def test_a_retried_job_continues_where_it_stopped() -> None:
    job = stepping.failed(made=25, total=60)
    outcome = actions.retry(job_id=job.pk)
    assert (outcome.is_new, outcome.queue_fault, outcome.job.state, outcome.job.error) == (True, "", "queued", "")
    slices.work(job_id=job.pk, task_id=job.lanes.get().task_id, seconds=60)
    job = stepping.now(job)
    assert (job.state, job.created, Account.objects.count()) == ("finished", 60, 60)
    assert verify(job).problems == []


def test_verify_accepts_a_retried_job_whose_first_events_were_trimmed() -> None:
    job = stepping.failed()
    outbox.relay("users")
    log.trim("users", keep=0, older_than=timezone.now())
    actions.retry(job_id=job.pk)
    slices.work(job_id=job.pk, task_id=job.lanes.get().task_id, seconds=60)
    assert verify(stepping.now(job)) == Verdict([], is_trimmed=True)


def test_ten_concurrent_retries_act_once() -> None:
    job = stepping.failed()
    outcomes = at_once(10, lambda: actions.retry(job_id=job.pk))
    assert sum(outcome.is_new for outcome in outcomes) == 1
    assert Lane.objects.count() == 1


@pytest.mark.parametrize("ended", [stepping.finished, stepping.cancelled])
def test_retry_of_a_finished_or_cancelled_job_is_refused(ended: Callable[[], Job]) -> None:
    job = ended()
    with pytest.raises(WrongState, match=f"Job {job.pk} is {job.state}"):
        actions.retry(job_id=job.pk)


def test_retry_of_a_failed_removal_is_refused() -> None:
    job, _ = stepping.removing()
    fail(job_id=job.pk, error="Failed by the test.")
    with pytest.raises(WrongState, match="only a job that failed while making accounts can be retried"):
        actions.retry(job_id=job.pk)


def test_the_audit_log_keeps_the_name_of_a_deleted_user() -> None:
    ann = get_user_model().objects.create(username="ann")
    job, _ = stepping.queued(60, requested_by=ann)
    actions.cancel(job_id=job.pk, by=ann)
    actions.remove(job_id=job.pk)
    ann.delete()
    acts = job.acts.order_by("pk").values_list("kind", "by_name", "detail")
    assert list(acts) == [("asked", "ann", ""), ("cancelled", "ann", "at 0 of 60"), ("removed", "", "")]


@pytest.mark.parametrize("act", [actions.cancel, actions.retry, actions.remove])
def test_an_action_on_an_unknown_job_raises_does_not_exist(act: Callable[..., ActionResult]) -> None:
    with pytest.raises(Job.DoesNotExist):
        act(job_id=999)
