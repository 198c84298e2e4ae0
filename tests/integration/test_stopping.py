"""A lane whose worker is asked to stop lanes over after its step, not after its slice."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import transaction

from task.jobs import slices
from task.jobs.start import start_job
from task.jobs.step_size import LARGEST_SIZE
from task.models import Job, Lane
from task.workers import shutdown
from tests.integration import stepping
from tests.integration.conftest import database_url
from tests.support.running import Running
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "not_stopping")]


@pytest.fixture
def not_stopping() -> Iterator[None]:
    yield
    shutdown.reset()


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Running]:
    """A real one, with one pool process, on the database of the tests."""
    worker = Running(
        [sys.executable, "-m", "celery", "-A", "asgi_config", "worker", "-l", "info", "--concurrency", "1"],
        environment={**os.environ, "DATABASE_URL": database_url()},
        log=tmp_path / "worker.log",
        is_ready=lambda said: " ready." in said,
    )
    worker.start()
    try:
        worker.wait_until_ready()
        yield worker
    finally:
        worker.kill()


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


def test_a_real_worker_that_gets_a_sigterm_in_mid_job_makes_one_more_step(worker: Running) -> None:
    """That which waits for the job's row while the signal comes. The slice alone would go on to many times as many."""
    job = start_job(total=1_000_000).job
    wait_until(lambda: stepping.now(job).created, pause=0.01)
    with transaction.atomic():
        before = Job.objects.select_for_update().get(pk=job.pk).created
        task_id = Lane.objects.get().task_id
        worker.send(signal.SIGTERM)
        wait_until(lambda: "Warm shutdown" in worker.said)
    assert worker.wait() == 0
    assert 0 <= stepping.now(job).created - before <= LARGEST_SIZE
    assert Lane.objects.get().task_id != task_id
