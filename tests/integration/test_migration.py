"""A database from before the options: its jobs keep their state, and what was at work goes on."""

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from task.accounts import passwords
from task.jobs import actions, slices
from task.jobs.removal import preview
from task.models import Account, Job, Lane
from task.options import Options
from tests.integration.feeding import feed_types
from tests.integration.stepping import now

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

BEFORE, AFTER = [("task", "0002_steering")], [("task", "0003_options")]
AT = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
HOURS = {
    "queued": None,
    "running": 24,
    "failed": None,
    "cancelled": 1,
    "finished": 168,
    "removing": None,
    "removed": None,
}


@pytest.fixture
def old_apps() -> Iterator[Any]:
    """The models of before, on a database of before; in the end it is as all other tests know it."""
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    try:
        yield executor.loader.project_state(BEFORE + [("auth", "0012_alter_user_first_name_max_length")]).apps
    finally:
        migrate_to_now()


def migrate_to_now() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def old_job(apps: Any, state: str, *, total: int = 60, made: int = 20) -> int:
    """As the code of before left it: a lane only where there was work, and some accounts."""
    has_ended, is_undone = state not in {"queued", "running"}, state in {"removing", "removed"}
    made = {"queued": 0, "finished": total}.get(state, made)
    job = apps.get_model("task", "Job").objects.create(
        total=total,
        created=made,
        state=state,
        nonce=b"n" * 32,
        key_fingerprint=passwords.fingerprint(settings.SECRET_KEY),
        created_at=AT,
        stepped_at=timezone.now(),
        finished_at=AT if has_ended else None,
        remove_at=AT + datetime.timedelta(hours=hours) if (hours := HOURS[state]) else None,
        removal_began_at=AT if is_undone else None,
        removed_through=made if state == "removed" else 0,
        removed_at=AT if state == "removed" else None,
    )
    if state in {"queued", "running", "removing"}:
        job.lanes.create(task_id=uuid.uuid4(), seen_at=AT)
    for number in range(1, made + 1) if state != "removed" else []:
        password = f"{passwords.LIGHT_PREFIX}salt$hash"
        user = apps.get_model("auth", "User").objects.create(username=f"user_{state}_{number}", password=password)
        apps.get_model("task", "Account").objects.create(user=user, job=job, number=number)
    return int(job.pk)


def work(job_id: int) -> Job:
    slices.work(job_id=job_id, task_id=Lane.objects.get(job=job_id).task_id, seconds=60)
    return Job.objects.get(pk=job_id)


def test_jobs_of_before_keep_their_state_and_what_was_chosen(old_apps: Any) -> None:
    old = {state: old_job(old_apps, state) for state in HOURS}
    migrate_to_now()
    for state, job_id in old.items():
        job = Job.objects.get(pk=job_id)
        assert (job.state, job.lane_count) == (state, 1)
        assert job.options == Options(remove_after_hours=HOURS[state])
        assert job.seed > 0
    assert len(set(Job.objects.values_list("seed", flat=True))) == len(old)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_job_at_work_goes_on_and_ends_complete(old_apps: Any, state: str) -> None:
    job_id = old_job(old_apps, state)
    migrate_to_now()
    job = work(job_id)
    assert (job.state, job.created) == ("finished", 60)
    assert list(job.accounts.order_by("number").values_list("number", flat=True)) == list(range(1, 61))
    assert feed_types()[-1] == "job.finished"
    assert not Lane.objects.exists()


def test_a_failed_job_can_be_retried_and_ends_complete(old_apps: Any) -> None:
    job_id = old_job(old_apps, "failed")
    migrate_to_now()
    assert actions.retry(job_id=job_id).is_dispatched
    assert (work(job_id).state, Account.objects.filter(job=job_id).count()) == ("finished", 60)


def test_a_removal_goes_on(old_apps: Any) -> None:
    job_id = old_job(old_apps, "removing")
    migrate_to_now()
    assert work(job_id).state == "removed"
    assert not Account.objects.exists()


def test_the_accounts_of_before_can_be_removed(old_apps: Any) -> None:
    job_id = old_job(old_apps, "finished")
    migrate_to_now()
    assert preview(now(Job(pk=job_id))).removes == 60
    actions.remove(job_id=job_id)
    assert work(job_id).state == "removed"
