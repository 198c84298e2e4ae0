"""A hand whose worker is asked to stop hands over after its step, not after its slice."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from task import slices, stopping
from task.generation import start_job
from task.models import Hand, Job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "not_stopping")]


@pytest.fixture
def not_stopping() -> Iterator[None]:
    yield
    stopping.forget()


def work() -> str:
    hand = Hand.objects.get()
    return slices.work(job_id=hand.job_id, task_id=hand.task_id, seconds=3600)


def test_a_worker_that_stops_takes_one_step_and_another_one_goes_on() -> None:
    start_job(total=160, task_id=uuid4())
    before = Hand.objects.get().task_id
    stopping.ask()
    assert work() == "100 of 160 random users created so far."
    assert Hand.objects.get().task_id != before
    stopping.forget()
    assert work() == "160 random users created with success!"
    assert Job.objects.get().state == Job.State.FINISHED
