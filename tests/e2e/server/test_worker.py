"""A real worker: it records the number of its processes, finishes its step when it is stopped, and may run beat."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import transaction

from task.jobs.start import start_job
from task.jobs.step_size import LARGEST_SIZE
from task.models import Job, Lane
from tests.support import stepping
from tests.support.database import database_url
from tests.support.services.processes import all_processes, descendants
from tests.support.services.running import Running
from tests.support.services.service import Service
from tests.support.waiting import wait_until


@pytest.fixture(params=[[]], ids=[""])
def worker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """A real worker with one pool process, on the database of the tests. Tests may add options."""
    options = ["-l", "info", "--concurrency", "1", *request.param]
    worker = Running(
        [sys.executable, "-m", "celery", "-A", "asgi_config", "worker", *options],
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


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("redis")
def test_a_worker_that_gets_sigterm_during_a_job_makes_at_most_one_more_step(worker: Running) -> None:
    """The step that waits for the job's row when the signal comes. Without the signal the slice makes many more."""
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


WITH_BEAT = pytest.mark.parametrize("worker", [["-B"]], ids=["-B"], indirect=True)


def beat_of(worker: Running) -> int:
    """Returns the pid of the worker's own beat: of its two children the one that does not ignore Ctrl-C."""

    def found() -> int:
        children = descendants(worker.pid)
        others = [one.pid for one in children if not ignores_ctrl_c(one.pid)]
        return others[0] if (len(children), len(others)) == (2, 1) else 0

    return wait_until(found)


def ignores_ctrl_c(pid: int) -> bool:
    with suppress(OSError):
        ignored = re.search(r"SigIgn:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())
        return bool(ignored and int(ignored[1], 16) >> signal.SIGINT - 1 & 1)
    return False


@WITH_BEAT
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("redis")
def test_a_worker_stops_with_a_sentence_when_its_own_beat_ends(worker: Running) -> None:
    os.kill(beat_of(worker), signal.SIGKILL)
    assert worker.wait() == 0
    assert "Beat ended; stopping the worker" in worker.said


@WITH_BEAT
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("redis")
def test_the_beat_of_a_killed_worker_ends_too(worker: Running) -> None:
    beat = beat_of(worker)
    worker.kill()
    wait_until(lambda: beat not in all_processes())


@pytest.mark.fault("the soft time limit of a task passes after its end")
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("redis")
def test_a_soft_time_limit_that_comes_after_the_task_does_not_end_the_pool_process(worker: Running) -> None:
    """The signal that Celery sends to a pool process after a freeze."""
    for number in (1, 2):
        job = start_job(total=60).job
        wait_until(lambda job=job: stepping.now(job).state == Job.State.FINISHED)  # type: ignore[misc]
        wait_until(lambda number=number: worker.said.count("succeeded in") >= number)  # type: ignore[misc]
        os.kill(pool_process_of(worker), signal.SIGUSR1)
    assert worker.stop() == 0
    assert "Traceback" not in worker.said


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("redis")
def test_a_line_about_a_killed_pool_process_has_the_format_of_the_others(worker: Running) -> None:
    os.kill(pool_process_of(worker), signal.SIGKILL)
    wait_until(lambda: "exited with" in worker.said)
    assert "Z ERROR multiprocessing: Process " in worker.said


def pool_process_of(worker: Running) -> int:
    (child,) = descendants(worker.pid)
    return child.pid


@pytest.fixture
def service() -> Iterator[Service]:
    with Service(options=["--workers", "3"], may_complain=True) as running:
        yield running


def test_a_worker_records_the_number_of_its_processes(service: Service) -> None:
    question = "from task.models import Worker; print('PROCESSES', *Worker.objects.values_list('processes', flat=True))"
    service.wait_until(lambda: "PROCESSES 3" in service.manage("shell", "-c", question).stdout)
