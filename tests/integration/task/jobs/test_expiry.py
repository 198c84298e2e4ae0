"""Expiry: beat starts the removal of a job's accounts once, after the job's end; and values that a job may not have."""

import datetime
import os
import subprocess
import sys

import pytest
from django.db import IntegrityError
from django.utils import timezone

from task.jobs import actions, rescue, slices
from task.jobs.actions import fail
from task.jobs.start import start_job
from task.models import Job
from task.options import Options, UnusableOption
from tests.support import stepping
from tests.support.database import database_url
from tests.support.services.service import ROOT, free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

HOUR = datetime.timedelta(hours=1)
LONG_AGO = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def test_the_accounts_of_an_expired_job_are_removed_by_beat() -> None:
    job = stepping.finished(5, options=Options(remove_after_hours=24))
    assert job.options == Options(remove_after_hours=24)
    assert actions.remove_expired(job.created_at + 23 * HOUR) == 0
    Job.objects.update(remove_at=timezone.now())
    rescue.rescue()
    slices.work(job_id=job.pk, task_id=job.lanes.get().task_id, seconds=60)
    assert stepping.now(job).state == "removed"
    assert list(job.acts.order_by("pk").values_list("kind", "by_name")) == [("asked", ""), ("expired", "")]


def test_an_expired_job_is_removed_once_and_only_after_its_end() -> None:
    job, _ = stepping.queued(5, options=Options(remove_after_hours=1))
    later = job.created_at + 2 * HOUR
    assert actions.remove_expired(later) == 0
    actions.cancel(job_id=job.pk)
    assert [actions.remove_expired(later) for _ in range(2)] == [1, 0]


def test_a_failed_removal_by_beat_is_not_repeated_by_beat() -> None:
    job = stepping.finished(5, options=Options(remove_after_hours=1))
    later = job.created_at + 2 * HOUR
    actions.remove_expired(later)
    fail(job_id=job.pk, error="Failed by the test.")
    assert actions.remove_expired(later) == 0


def test_only_one_expired_job_is_tried_while_the_queue_is_unreachable() -> None:
    """In its own process, because Celery reads its broker at the start. Twenty tries would exceed the time limit."""
    jobs = [stepping.finished(1, options=Options(remove_after_hours=1)) for _ in range(2)]
    code = f"""
import datetime
from task.jobs import actions
print(actions.remove_expired(datetime.datetime.fromisoformat("{jobs[-1].created_at + 2 * HOUR}")))
"""
    environment = {**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "1", done.stderr
    assert [stepping.now(job).state for job in jobs] == ["removing", "finished"]


@pytest.mark.parametrize("hours", [0, -1, 24 * 366 + 1])
def test_an_expiry_out_of_bounds_is_refused(hours: int) -> None:
    with pytest.raises(UnusableOption, match="after 1 to 8784 hours, or stay"):
        start_job(total=5, options=Options(remove_after_hours=hours))
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"state": "removed"},
        {"state": "removing"},
        {"removed_through": 1},
        {"removal_began_at": LONG_AGO, "removed_through": 6},
        {"removal_began_at": LONG_AGO, "removed_at": LONG_AGO, "removed_through": 4, "state": "removed"},
        {"state": "cancelled", "finished_at": None},
        {"state": "queued", "created": 0},
    ],
)
def test_the_database_refuses_a_job_with_contradictory_values(values: dict[str, object]) -> None:
    job = stepping.finished(5)
    with pytest.raises(IntegrityError):
        Job.objects.filter(pk=job.pk).update(**values)
