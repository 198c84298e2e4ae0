"""Unexpected task messages, through the real worker and Redis: repeated, for no job, old, new and invalid ones."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from celery import Celery
from redis import Redis

from task.jobs.leases import TASK
from task.tasks import task_id_from
from tests.chaos.checks.truth import JobRow, Truth
from tests.chaos.faults.hits import Strikes
from tests.support.services.program import Program
from tests.support.services.service import Service

IGNORED = "Ignored a message from the queue"
SENTENCES = [
    "Ask for 1 to 1000000 accounts.",
    "job must be the number of a job, not 'x'.",
    f"job must be the number of a job, not {10**30}.",
    "job must be the number of a job, not -1.",
    f"Request {task_id_from('an id of its own')} was already used for job",
]
SECONDS = 400
TOTAL = 20_000
LANE = "SELECT task_id FROM arrivals_lane WHERE job_id = {}"
DELETE_OLD_JOBS = (
    "from django.utils.timezone import now; from task.jobs.cleanup import delete_old_jobs; "
    "delete_old_jobs(now(), before=now())"
)


class Queue:
    """The service's own queue, to which a test sends messages."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.truth = Truth(service.var_dir)
        self._app = Celery(broker=service.redis_url, set_as_current=False)  # otherwise all later tests would use it
        self._app.conf.broker_transport_options = {"global_keyprefix": service.redis_prefix}

    def key(self, name: str) -> str:
        return f"{self.service.redis_prefix}{name}"

    def send(self, *args: object, task_id: str | None = None, times: int = 1, **kwargs: object) -> None:
        with self._app.connection_for_write() as connection:
            for _ in range(times):
                self._app.send_task(TASK, args, kwargs, task_id=task_id or str(uuid4()), connection=connection)

    def jobs(self) -> list[JobRow]:
        return [*self.truth.jobs().values()]

    def wait_until_empty(self) -> None:
        """Waits until every message was taken and acknowledged."""
        with Redis.from_url(self.service.redis_url) as redis:
            queued, held = self.key("celery"), self.key("unacked_index")
            self.service.wait_until(lambda: not redis.llen(queued) and not redis.zcard(held), SECONDS)

    def wait_until_finished(self, number: int) -> None:
        """Waits until there are `number` jobs, all finished."""
        self.service.wait_until(lambda: [job.state for job in self.jobs()] == ["finished"] * number, SECONDS)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service(may_complain=True) as running:
        yield running


@pytest.fixture
def queue(service: Service) -> Iterator[Queue]:
    """The queue. Fails if the messages of a test cause a traceback."""
    before = len(service.stderr)
    yield Queue(service)
    assert "Traceback" not in service.stderr[before:], service.stderr[before:]


@pytest.mark.fault("the same task message arrives ten times at once")
def test_a_task_message_sent_ten_times_makes_one_job(queue: Queue, strikes: Strikes) -> None:
    """The message has the tutorial's form: one positional argument, the total."""
    before = len(queue.jobs())
    queue.send(300, task_id=str(uuid4()), times=10)
    strikes.hit(times=10)
    queue.wait_until_finished(before + 1)
    queue.wait_until_empty()
    assert len(queue.jobs()) == before + 1
    assert queue.truth.numbers(queue.jobs()[-1].pk) == list(range(1, 301))


@pytest.mark.fault("the same task message arrives ten times at once")
def test_a_lane_message_sent_ten_times_repeats_no_account(queue: Queue, strikes: Strikes) -> None:
    """The message has the service's own form, and arrives while the job runs."""
    before, (_, start) = len(queue.jobs()), queue.truth.cursor()
    program = Program(queue.service)
    job = program.post("/api/jobs", {"total": TOTAL}).json["id"]
    task_id = queue.truth.rows(LANE.format(job))[0][0]
    queue.send(job=job, task_id=str(UUID(str(task_id))), times=10)
    strikes.hit(times=10)
    queue.wait_until_finished(before + 1)
    queue.wait_until_empty()
    numbers = list(range(1, TOTAL + 1))
    assert queue.truth.numbers(job) == numbers
    assert [event["number"] for event in queue.truth.log(start) if event["type"] == "user.created"] == numbers
    assert "each once, in order" in queue.service.manage("verify", str(job)).stdout


@pytest.mark.fault("a task message for a job that does not exist")
def test_a_message_for_a_deleted_job_is_ignored(queue: Queue, strikes: Strikes) -> None:
    """The job is removed and then deleted, as after JOBS_KEEP_DAYS."""
    before = queue.jobs()
    program = Program(queue.service)
    job = program.post("/api/jobs", {"total": 50}).json["id"]
    queue.wait_until_finished(len(before) + 1)
    program.post(f"/api/jobs/{job}/remove", {})
    queue.service.wait_until(lambda: queue.truth.jobs()[job].state == "removed", SECONDS)
    queue.service.manage("shell", "-c", DELETE_OLD_JOBS)
    assert queue.jobs() == before
    queue.send(job=job)
    strikes.hit()
    queue.wait_until_empty()
    assert queue.jobs() == before


@pytest.mark.fault("a task message with unknown arguments")
def test_arguments_of_a_newer_release_are_ignored(queue: Queue, strikes: Strikes) -> None:
    before = len(queue.jobs())
    queue.send(50, colour="red", priority={"of": [1, 2]})
    strikes.hit()
    queue.wait_until_finished(before + 1)
    assert queue.truth.numbers(queue.jobs()[-1].pk) == list(range(1, 51))


BROKEN: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((), {"size": 25}),
    (("fifty",), {}),
    ((-1,), {}),
    ((10**9,), {}),
    ((True,), {}),
    (([50],), {}),
    ((), {"job": "x"}),
    ((), {"job": 10**30}),
    ((), {"job": -1, "size": "x"}),
]


@pytest.mark.fault("a task message with missing or invalid arguments", "a task message for a job that does not exist")
def test_an_invalid_message_is_logged_in_one_sentence(queue: Queue, strikes: Strikes) -> None:
    """The worker continues: a valid message with an id that is no UUID makes a job."""
    before, log_start = len(queue.jobs()), len(queue.service.stderr)
    for args, kwargs in BROKEN:
        queue.send(*args, **kwargs)
    strikes.hit("a task message with missing or invalid arguments", times=len(BROKEN))
    queue.send(job=10**6)
    strikes.hit("a task message for a job that does not exist")
    queue.send(60, task_id="an id of its own", times=2)
    queue.wait_until_finished(before + 1)
    queue.send(70, task_id="an id of its own")
    queue.wait_until_empty()
    logged = queue.service.stderr[log_start:]
    assert [sentence for sentence in SENTENCES if f"{IGNORED}: {sentence}" not in logged] == []
    assert len(queue.jobs()) == before + 1


JUNK = [b"\x00\xff", b"{}", json.dumps({"body": "e30=", "headers": {}, "properties": {}}).encode()]


@pytest.mark.fault("junk in the queue")
def test_junk_in_the_queue_does_not_stop_the_worker(service: Service, strikes: Strikes) -> None:
    """Celery itself cannot read it: it logs a traceback and reconnects."""
    queue = Queue(service)
    before = len(queue.jobs())
    with Redis.from_url(queue.service.redis_url) as redis:
        for junk in JUNK:
            redis.lpush(queue.key("celery"), junk)
            strikes.hit()
        queue.send(60)
        queue.wait_until_finished(before + 1)
        assert not redis.llen(queue.key("celery"))
