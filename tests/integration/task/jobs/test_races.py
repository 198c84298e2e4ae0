"""Races of users and lanes for the same rows: no deadlock, and the first commit counts."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from asgi_config.sign_in.links import make_link
from realtime import log, outbox
from realtime.models import FeedHead, OutboxEntry
from task.accounts.passwords import Deriver
from task.database import sqlite_turns
from task.jobs import actions, leases, rescue, slices
from task.jobs.start import start_job
from task.models import Act, Job, Lane
from tests.support import stepping
from tests.support.feeding import feed_events
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User: Any = get_user_model()


def account_of(job: Job, number: int = 1) -> Any:
    return User.objects.get(account__job=job, account__number=number)


@pytest.fixture
def in_thread() -> Iterator[Callable[[Callable[[], object]], Future[object]]]:
    """Runs a function in a thread with its own database connection."""

    def run_and_close(work: Callable[[], object]) -> object:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        yield lambda work: pool.submit(run_and_close, work)


def wait_until_blocked(number: int) -> None:
    """Waits until so many locks of PostgreSQL are awaited. No-op on SQLite, which does not show waiting writers."""
    if connection.vendor == "postgresql":
        wait_until(lambda: _blocked_count() == number)


def _hold_up_appends() -> None:
    """Makes all appends wait for the end of this transaction."""
    if outbox.is_used():
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {OutboxEntry._meta.db_table} IN SHARE MODE")
    else:
        log.lock("users")
        FeedHead.objects.update(floor=0)  # takes SQLite's write lock


def _blocked_count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])


def sign_in_by(link: str, user: Any) -> bool:
    return Client().get(link).status_code == 302


def make_another_link(link: str, user: Any) -> bool:
    try:
        return bool(make_link(user=user, address=""))
    except IntegrityError:
        return False


def start_own_job(*, job_id: int, by: Any) -> None:
    start_job(total=5, requested_by=by)


@contextmanager
def after_first_query(work: Callable[[], object]) -> Iterator[None]:
    """Runs a function between the first query of the block and the next."""
    waiting = [work]

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if waiting:
            waiting.pop()()
        return result

    with connection.execute_wrapper(wrapper):
        yield


def test_an_account_that_gets_a_group_while_a_removal_waits_for_it_is_kept(in_thread: Any) -> None:
    job, task_id = stepping.removing(3)
    user = account_of(job)
    group = Group.objects.create(name="testers")
    with transaction.atomic():
        user.save()  # as the admin's page does first
        user.groups.add(group)
        step = in_thread(lambda: stepping.remove_some(job, task_id, 3))
        wait_until_blocked(1)
    step.result()
    assert list(User.objects.all()) == [user]


def test_a_removal_and_a_deletion_of_the_same_account_do_not_deadlock(in_thread: Any) -> None:
    job, task_id = stepping.removing(3)
    user = account_of(job)
    own = stepping.queued(3, requested_by=user)[0]
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=own.pk)
        deletion = in_thread(user.delete)
        wait_until_blocked(1)
        step = in_thread(lambda: stepping.remove_some(job, task_id, 3))
        wait_until_blocked(2)
    deletion.result()
    step.result()
    assert not User.objects.exists()


@pytest.mark.parametrize("act", [sign_in_by, make_another_link])
def test_a_sign_in_link_and_a_deletion_of_its_user_do_not_deadlock(in_thread: Any, act: Any) -> None:
    ann = User.objects.create(username="ann")
    link = make_link(user=ann, address="")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=ann.pk)  # as the deletion does first
        acting = in_thread(lambda: act(link, ann))
        wait_until_blocked(1)
        ann.delete()
    assert acting.result() is False


@pytest.mark.parametrize("act", [actions.cancel, start_own_job])
def test_an_action_of_a_user_who_is_deleted_meanwhile_is_complete_or_refused(in_thread: Any, act: Any) -> None:
    job = stepping.running()[0]
    ann = User.objects.create(username="ann")
    with transaction.atomic():
        _hold_up_appends()  # which each action makes last
        acting = in_thread(lambda: act(job_id=job.pk, by=ann))
        wait_until_blocked(1)
        deletion = in_thread(User.objects.filter(pk=ann.pk).delete)  # another request has its own instance
        wait_until_blocked(2)
    deletion.result()
    refused = acting.exception()  # on SQLite the deletion may commit first
    assert refused is None or isinstance(refused, PermissionDenied)
    assert Act.objects.filter(by=None, by_name="ann").exists() == (refused is None)


def test_a_retry_during_an_expiry_wins() -> None:
    job = stepping.failed()
    Job.objects.filter(pk=job.pk).update(remove_at=timezone.now())
    with after_first_query(lambda: actions.retry(job_id=job.pk)):
        assert actions.remove_expired(timezone.now()) == 0
    assert stepping.now(job).state == "queued"


def test_a_lane_that_is_given_up_late_does_not_fail_a_later_removal() -> None:
    job, _ = stepping.running()
    lane = leases.stalled(timezone.now() + leases.RESCUE_AFTER)[0]
    actions.cancel(job_id=job.pk)
    actions.remove(job_id=job.pk)
    actions.give_up(lane)
    assert stepping.now(job).state == "removing"


def test_a_job_request_of_a_user_who_is_deleted_meanwhile_is_refused() -> None:
    ann = User.objects.create(username="ann")
    ann.user_permissions.set(Permission.objects.filter(codename="add_job"))
    gone = User.objects.get(pk=ann.pk)
    ann.delete()
    with pytest.raises(PermissionDenied):
        start_job(total=5, requested_by=gone)
    assert not Job.objects.exists()


def test_a_sign_in_to_an_account_that_is_removed_meanwhile_is_refused() -> None:
    job, task_id = stepping.removing(3)
    user = account_of(job)
    password = Deriver.of_job(settings.SECRET_KEY, bytes(job.nonce)).password(user.username)

    def remove_after_lookup(execute: Any, sql: str, *given: Any) -> Any:
        result = execute(sql, *given)
        if user.username in str(given[0]) and User.objects.exists():
            stepping.remove_some(job, task_id, 3)
        return result

    with connection.execute_wrapper(remove_after_lookup):
        answer = Client().post(reverse("login"), {"username": user.username, "password": password})
    assert answer.status_code == 200
    assert "correct username" in answer.content.decode()


@pytest.mark.fault("a lane starts first and commits last")
def test_events_are_in_commit_order_when_the_first_lane_commits_last(in_thread: Any) -> None:
    """On SQLite this test holds the only write lock, so no lane can commit in between."""
    early, late = stepping.queued(3), stepping.queued(3)
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=early[0].pk)
        first = in_thread(lambda: stepping.step(*early, 3))
        wait_until_blocked(1)
        last = in_thread(lambda: stepping.step(*late, 3))
        if connection.vendor == "postgresql":
            last.result()
            seen = feed_events()
    first.result()
    last.result()
    events = feed_events()
    assert [event["offset"] for event in events] == list(range(1, len(events) + 1))
    if connection.vendor == "postgresql":
        assert events[: len(seen)] == seen
        assert [event["job"] for event in events if event["type"] == "user.created"] == 3 * [late[0].pk] + 3 * [
            early[0].pk
        ]


def test_rescue_skips_a_lane_that_a_step_locks_and_redelivers_the_others(in_thread: Any) -> None:
    """On SQLite rescue waits like every writer, and then no step locks the lane."""
    frozen, other = stepping.running()[0], stepping.running()[0]
    Lane.objects.update(seen_at=stepping.LONG_AGO)
    with transaction.atomic():
        frozen.lanes.select_for_update().get()
        rescued = in_thread(rescue.rescue)
        if connection.vendor == "postgresql":
            assert rescued.result() == 1
    sent_again = [other.pk] if connection.vendor == "postgresql" else [frozen.pk, other.pk]
    assert rescued.result() == len(sent_again)
    assert [lane.job_id for lane in Lane.objects.filter(rescues=1).order_by("pk")] == sent_again


def test_a_step_of_a_removal_rests_so_that_pages_can_write(in_thread: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL locks rows, not the database, so there the step need not rest."""
    monkeypatch.setattr(sqlite_turns, "REST_SECONDS", 1)
    job, task_id = stepping.removing(3)
    step = in_thread(lambda: slices.work(job_id=job.pk, task_id=task_id, size=2))
    wait_until(lambda: stepping.now(job).removed_through >= 2)
    Group.objects.create(name="testers")
    assert not step.done() or connection.vendor == "postgresql"
