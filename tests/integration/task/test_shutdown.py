"""A lane whose worker is asked to stop lanes over after its step, not after its slice."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from task.jobs import slices
from task.jobs.start import start_job
from task.models import Job, Lane
from task.workers import shutdown

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "not_stopping")]


@pytest.fixture
def not_stopping() -> Iterator[None]:
    yield
    shutdown.reset()


def work() -> str:
    lane = Lane.objects.get()
    return slices.work(job_id=lane.job_id, task_id=lane.task_id, seconds=3600)


def test_a_worker_that_stops_takes_one_step_and_another_one_goes_on() -> None:
    start_job(total=160, task_id=uuid4())
    before = Lane.objects.get().task_id
    shutdown.request()
    assert work() == "100 of 160 random users created so far."
    assert Lane.objects.get().task_id != before
    shutdown.reset()
    assert work() == "160 random users created with success!"
    assert Job.objects.get().state == Job.State.FINISHED
