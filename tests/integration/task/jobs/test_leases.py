"""Lane leases: a requeue never multiplies messages, a lost one is redelivered, and hopeless lanes fail their job."""

import datetime
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone
from redis import Redis

from realtime.models import Batch
from task.accounts import passwords
from task.jobs import leases, rescue, slices
from task.jobs.start import Started, start_job
from task.jobs.verification import verify
from task.models import Job, Lane
from task.tasks import rescue_jobs
from tests.support.stepping import LONG_AGO, age, step

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "empty_queue")]

MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def empty_queue(redis: str) -> None:
    queued_ids()


def queued_ids() -> list[UUID]:
    """Removes the messages from the queue and returns their task ids, oldest first."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        messages = redis.lrange("celery", 0, -1)
        redis.delete("celery")
    return [UUID(json.loads(message)["headers"]["id"]) for message in reversed(messages)]


def new_lane(total: int = 160) -> Lane:
    return start_job(total=total).job.lanes.get()


def work(lane: Lane, seconds: float = 60) -> str:
    return slices.work(job_id=lane.job_id, task_id=lane.task_id, seconds=seconds)


def test_a_lane_and_its_message_have_the_same_id() -> None:
    lane = new_lane()
    assert queued_ids() == [lane.task_id]


def test_a_repeated_request_sends_the_message_that_its_dead_sender_could_not(redis: str) -> None:
    values: dict[str, Any] = {"total": 60, "request_id": uuid4()}
    lane = start_job(**values).job.lanes.get()
    queued_ids()
    later = lane.seen_at + leases.RESEND_AFTER
    assert start_job(**values, clock=lambda: later) == Started(lane.job, is_new=False, is_dispatched=True)
    assert queued_ids() == [lane.task_id]
    start_job(**values, clock=lambda: later + leases.RESEND_AFTER)
    assert queued_ids() == [], "the pause doubles"
    work(lane, seconds=0)
    queued_ids()
    start_job(**values, clock=lambda: later + MINUTE)
    assert queued_ids() == [], "a claimed lane is left to the rescue"


def test_the_last_lane_returns_the_success_sentence_of_the_tutorial() -> None:
    assert work(new_lane(500)) == "500 random users created with success!"


def test_the_end_of_a_slice_requeues_the_lane_once_and_returns_the_progress() -> None:
    lane = new_lane()
    queued_ids()
    assert work(lane, seconds=0) == "100 of 160 random users created so far."
    successor = Lane.objects.get()
    assert successor.task_id != lane.task_id
    assert queued_ids() == [successor.task_id]


def test_a_stale_message_is_ignored_and_sends_no_message() -> None:
    lane = new_lane()
    work(lane, seconds=0)
    queued_ids()
    assert work(lane) == f"Ignored a stale message for job {lane.job_id}."
    assert queued_ids() == []
    assert Job.objects.get().created == 100


def test_two_copies_of_a_message_requeue_the_lane_once() -> None:
    lane = new_lane()
    queued_ids()
    for _ in range(2):
        leases.requeue(job_id=lane.job_id, task_id=lane.task_id, size=100)
    assert len(queued_ids()) == 1


def test_a_message_for_an_unknown_job_is_ignored() -> None:
    assert slices.work(job_id=999, task_id=uuid4()) == "Ignored a stale message for job 999."


def test_a_fresh_lane_is_not_redelivered() -> None:
    new_lane()
    queued_ids()
    assert rescue.rescue() == 0
    assert queued_ids() == []


def test_a_stalled_lane_is_redelivered_with_the_same_id_and_doubling_waits() -> None:
    lane = new_lane()
    queued_ids()
    now = lane.seen_at
    waits = []
    for _ in range(4):
        seen_at = now
        while not leases.stalled(now):
            now += datetime.timedelta(seconds=1)
        assert leases.redeliver(leases.stalled(now)[0], now)
        waits.append((now - seen_at).seconds)
        assert queued_ids() == [lane.task_id]
    assert waits == [5, 10, 20, 40]


def test_rescue_does_not_wait_in_the_queue_of_the_jobs() -> None:
    rescue_jobs.delay()
    with Redis.from_url(settings.REDIS_URL) as redis:
        assert redis.llen("upkeep") == 1
        assert redis.llen("celery") == 0
        redis.delete("upkeep")


def test_two_concurrent_rescues_send_one_message() -> None:
    new_lane()
    queued_ids()
    Lane.objects.update(seen_at=LONG_AGO)
    now = timezone.now()
    for lane in [leases.stalled(now)[0], leases.stalled(now)[0]]:
        leases.redeliver(lane, now)
    assert len(queued_ids()) == 1


def test_a_rescued_job_finishes_completely() -> None:
    new_lane()
    queued_ids()
    Lane.objects.update(seen_at=LONG_AGO)
    assert rescue.rescue() == 1
    (task_id,) = queued_ids()
    slices.work(job_id=Job.objects.get().pk, task_id=task_id, seconds=60)
    assert verify(Job.objects.get()).problems == []
    assert rescue.rescue() == 0


def test_a_step_resets_the_counts_of_attempts_and_rescues() -> None:
    lane = new_lane()
    Lane.objects.update(attempts=3, rescues=2)
    step(lane.job, lane.task_id, 1)
    after = Lane.objects.get()
    assert (after.attempts, after.rescues) == (0, 0)


def test_a_lane_that_dies_at_every_start_fails_its_job_with_the_reason() -> None:
    lane = new_lane()
    age(lane.job)
    for _ in range(5):
        assert leases.claim(job_id=lane.job_id, task_id=lane.task_id)
    Lane.objects.update(seen_at=LONG_AGO)
    rescue.rescue()
    job = Job.objects.get()
    assert (job.state, job.error) == (
        "failed",
        "Its worker was started 5 times in a row without making a step; the worker's log says why.",
    )


def test_five_copies_of_a_message_that_start_together_do_not_fail_the_job() -> None:
    lane = new_lane()
    age(lane.job)
    Lane.objects.update(rescues=4)
    for _ in range(4):
        leases.claim(job_id=lane.job_id, task_id=lane.task_id)
    assert rescue.rescue() == 0
    assert work(lane) == "160 random users created with success!"


def test_a_lane_with_too_many_attempts_waits_for_the_next_rescue() -> None:
    lane = new_lane()
    for _ in range(5):
        leases.claim(job_id=lane.job_id, task_id=lane.task_id)
    assert work(lane) == f"Job {lane.job_id} waits for the next rescue."
    age(lane.job)
    Lane.objects.update(seen_at=LONG_AGO)
    rescue.rescue()
    assert Job.objects.get().state == "failed"


def test_a_long_wait_in_the_queue_does_not_fail_a_job() -> None:
    lane = new_lane()
    Job.objects.update(created_at=LONG_AGO)
    assert work(lane) == "160 random users created with success!"


def test_a_worker_with_another_secret_key_fails_the_job() -> None:
    lane = new_lane()
    Job.objects.update(key_fingerprint=passwords.fingerprint("another"))
    work(lane)
    assert Job.objects.get().error == "This worker has another SECRET_KEY than the process that took the job."


def test_a_permanent_error_fails_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **options: object) -> None:
        raise ValueError("secret detail")

    monkeypatch.setattr("task.accounts.insert.identities", broken)
    lane = new_lane()
    assert work(lane) == f"Job {lane.job_id} failed."
    assert Job.objects.get().error == "ValueError in the worker; its log says more."


def test_no_secret_is_on_the_feed_or_in_redis() -> None:
    lane = new_lane(1)
    with Redis.from_url(settings.REDIS_URL) as redis:
        queued = b"".join(redis.lrange("celery", 0, -1))
    work(lane)
    user = get_user_model().objects.get()
    password = passwords.Deriver.of_job(settings.SECRET_KEY, bytes(lane.job.nonce)).password(user.username)
    published = "".join(Batch.objects.values_list("payload", flat=True)) + queued.decode()
    assert user.username in published
    for secret in (password, user.password, "pbkdf2", bytes(lane.job.nonce).hex(), lane.job.key_fingerprint):
        assert secret not in published
