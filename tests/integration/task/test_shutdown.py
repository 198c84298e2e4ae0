"""A stopping worker requeues its lane after the current step, not after the slice."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from task.jobs import slices
from task.jobs.start import start_job
from task.models import Job, Lane
from task.workers import shutdown

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "shutdown_reset")]


@pytest.fixture
def shutdown_reset() -> Iterator[None]:
    yield
    shutdown.reset()


def work() -> str:
    lane = Lane.objects.get()
    return slices.work(job_id=lane.job_id, task_id=lane.task_id, seconds=3600)


def test_a_stopping_worker_takes_one_step_and_another_worker_continues() -> None:
    start_job(total=160, task_id=uuid4())
    before = Lane.objects.get().task_id
    shutdown.request()
    assert work() == "100 of 160 random users created so far."
    assert Lane.objects.get().task_id != before
    shutdown.reset()
    assert work() == "160 random users created with success!"
    assert Job.objects.get().state == Job.State.FINISHED
