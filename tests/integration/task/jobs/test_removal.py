"""Undo: removes unused accounts in small steps, which may be killed and repeated, and reports its progress."""

import datetime
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db.models.signals import post_delete, pre_delete
from django.utils import timezone

from task.jobs import actions, leases, removal, rescue, slices
from task.jobs.actions import WrongState
from task.jobs.verification import verify
from task.models import Account, Act, Job, Lane
from tests.support import stepping
from tests.support.database import at_once
from tests.support.feeding import feed_events, feed_types

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User: Any = get_user_model()
HOUR = datetime.timedelta(hours=1)


def test_undo_removes_every_unused_account() -> None:
    other_user = User.objects.create(username="ann")
    job = stepping.remove_all(stepping.finished(60))
    assert (job.state, job.created, Account.objects.count()) == ("removed", 60, 0)
    assert job.removed_at is not None
    assert list(User.objects.all()) == [other_user]
    assert not Lane.objects.exists()
    assert verify(job).problems == []


def test_the_feed_has_one_event_for_each_removed_account_and_then_the_end() -> None:
    job = stepping.finished(5)
    names = set(User.objects.values_list("pk", "username"))
    before = len(feed_types())
    stepping.remove_all(job)
    events = feed_events()[before:]
    assert [event["type"] for event in events] == ["job.removing"] + ["user.removed"] * 5 + ["job.removed"]
    assert {(event["user"]["id"], event["user"]["username"]) for event in events[1:-1]} == names
    assert {event["job"] for event in events} == {job.pk}


def test_a_removal_works_in_steps_and_reports_its_progress() -> None:
    job, task_id = stepping.removing(260)
    after = stepping.remove_some(job, task_id, 25)
    assert after
    assert (after.state, after.removed_through, Account.objects.count()) == ("removing", 25, 235)
    assert slices.work(job_id=job.pk, task_id=task_id, size=10, seconds=0) == (
        f"Job {job.pk}: 125 of 260 accounts checked so far."
    )


def test_a_killed_step_of_a_removal_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    job, task_id = stepping.removing(10)
    before = len(feed_types())

    def killed(*args: object, **options: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("task.jobs.removal.publish_last", killed)
        with pytest.raises(SystemExit):
            stepping.remove_some(job, task_id, 5)
    assert (stepping.now(job).removed_through, Account.objects.count(), len(feed_types())) == (0, 10, before)
    slices.work(job_id=job.pk, task_id=task_id, seconds=60)
    assert verify(stepping.now(job)).problems == []


def test_concurrent_copies_of_a_message_remove_each_account_once() -> None:
    job, task_id = stepping.removing(200)

    def work() -> None:
        while stepping.remove_some(job, task_id, 20):
            pass

    at_once(4, work)
    assert stepping.now(job).state == "removed"
    assert feed_types().count("user.removed") == 200


def test_a_stalled_lane_of_a_removal_is_redelivered() -> None:
    job, task_id = stepping.removing(10)
    Lane.objects.update(seen_at=timezone.now() - HOUR)
    assert rescue.rescue() == 1
    slices.work(job_id=job.pk, task_id=task_id, seconds=60)
    assert stepping.now(job).state == "removed"


def test_a_stale_message_removes_nothing() -> None:
    job, _ = stepping.removing(5)
    assert stepping.remove_some(job, uuid4(), 5) is None
    assert Account.objects.count() == 5


def test_a_failed_removal_has_its_reason_and_can_be_repeated() -> None:
    job, task_id = stepping.removing(10)
    stepping.remove_some(job, task_id, 4)

    def refuse(instance: object, **kwargs: object) -> None:
        raise ValueError("secret detail")

    pre_delete.connect(refuse, sender=User)
    try:
        assert slices.work(job_id=job.pk, task_id=task_id, seconds=60) == f"Job {job.pk} failed."
    finally:
        pre_delete.disconnect(refuse, sender=User)
    job = stepping.now(job)
    assert (job.state, job.error, job.removed_through) == (
        "failed",
        "ValueError in the worker; its log says more.",
        4,
    )
    assert verify(job).problems == []
    job = stepping.remove_all(job)
    assert (job.state, job.error, Account.objects.count()) == ("removed", "", 0)
    assert verify(job).problems == []


def test_other_signal_receivers_are_called_for_each_removed_account() -> None:
    received: list[object] = []

    def receive(instance: Any, **kwargs: object) -> None:
        received.append(instance.get_username())

    job = stepping.finished(5)
    names = sorted(User.objects.values_list("username", flat=True))
    post_delete.connect(receive, sender=User)
    try:
        stepping.remove_all(job)
    finally:
        post_delete.disconnect(receive, sender=User)
    assert sorted(map(str, received)) == names


@pytest.mark.parametrize("made", [stepping.queued, stepping.running])
def test_removal_of_an_active_job_is_refused(made: Callable[[], tuple[Job, object]]) -> None:
    job, _ = made()
    with pytest.raises(WrongState, match="cancel it first, then remove its accounts"):
        actions.remove(job_id=job.pk)


def test_cancelled_and_failed_jobs_can_be_undone() -> None:
    for job in (stepping.cancelled(), stepping.failed()):
        assert stepping.remove_all(job).state == "removed"
        assert verify(stepping.now(job)).problems == []
    assert not User.objects.exists()


def test_a_job_without_accounts_is_removed_at_once() -> None:
    job, _ = stepping.queued()
    actions.cancel(job_id=job.pk)
    assert stepping.remove_all(job).state == "removed"


def test_concurrent_and_repeated_removal_requests_remove_once() -> None:
    job = stepping.finished(5)
    outcomes = at_once(5, lambda: actions.remove(job_id=job.pk))
    assert sum(outcome.is_new for outcome in outcomes) == 1
    assert Lane.objects.count() == 1
    slices.work(job_id=job.pk, task_id=job.lanes.get().task_id, seconds=60)
    assert not actions.remove(job_id=job.pk).is_new
    assert feed_types().count("job.removed") == 1


def test_verify_accepts_an_account_that_was_deleted_before_the_removal() -> None:
    job = stepping.finished(5)
    User.objects.get(account__job=job, account__number=3).delete()
    assert removal.preview(job).removes == 4
    assert verify(stepping.remove_all(job)).problems == []


def test_a_lane_that_dies_at_every_start_fails_its_removal() -> None:
    job, task_id = stepping.removing(5)
    long_ago = timezone.now() - HOUR
    Job.objects.update(created_at=long_ago, stepped_at=long_ago, removal_began_at=long_ago)
    Act.objects.update(at=long_ago)
    for _ in range(5):
        assert leases.claim(job_id=job.pk, task_id=task_id)
    Lane.objects.update(seen_at=long_ago)
    rescue.rescue()
    assert stepping.now(job).error.startswith("Its worker was started 5 times in a row without making a step")


def test_the_steps_of_a_removal_never_shrink_below_a_hundred_accounts() -> None:
    job, _ = stepping.removing(3)
    step_size = slices._first_step_size(stepping.now(job), 1)
    step_size.adapt(60)
    assert step_size.size == 100
