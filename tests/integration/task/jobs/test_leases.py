"""Lanes lane over without multiplying; one that vanished is replaced; one that dies each time fails its job."""

import datetime
import json
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone
from redis import Redis

from realtime.models import Batch
from task.accounts import passwords
from task.jobs import leases, rescue, slices
from task.jobs.start import start_job
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
    """The task ids of the messages in the queue, oldest first; takes them out."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        messages = redis.lrange("celery", 0, -1)
        redis.delete("celery")
    return [UUID(json.loads(message)["headers"]["id"]) for message in reversed(messages)]


def new_lane(total: int = 160) -> Lane:
    return start_job(total=total).job.lanes.get()


def work(lane: Lane, seconds: float = 60) -> str:
    return slices.work(job_id=lane.job_id, task_id=lane.task_id, seconds=seconds)


def test_a_job_and_its_message_bear_the_same_id() -> None:
    lane = new_lane()
    assert queued_ids() == [lane.task_id]


def test_the_last_lane_says_the_tutorials_sentence() -> None:
    assert work(new_lane(500)) == "500 random users created with success!"


def test_a_slice_that_is_over_lanes_over_once_and_says_how_far_it_is() -> None:
    lane = new_lane()
    queued_ids()
    assert work(lane, seconds=0) == "100 of 160 random users created so far."
    successor = Lane.objects.get()
    assert successor.task_id != lane.task_id
    assert queued_ids() == [successor.task_id]


def test_a_stale_message_ends_at_once_and_sends_nothing() -> None:
    lane = new_lane()
    work(lane, seconds=0)
    queued_ids()
    assert work(lane) == f"Ignored a stale message for job {lane.job_id}."
    assert queued_ids() == []
    assert Job.objects.get().created == 100


def test_a_message_that_comes_twice_at_the_end_of_its_slice_lanes_over_once() -> None:
    lane = new_lane()
    queued_ids()
    for _ in range(2):
        leases.requeue(job_id=lane.job_id, task_id=lane.task_id, size=100)
    assert len(queued_ids()) == 1


def test_a_message_for_a_job_that_is_gone_ends_at_once() -> None:
    assert slices.work(job_id=999, task_id=uuid4()) == "Ignored a stale message for job 999."


def test_the_rescue_leaves_a_fresh_lane_alone() -> None:
    new_lane()
    queued_ids()
    assert rescue.rescue() == 0
    assert queued_ids() == []


def test_the_rescue_sends_the_same_message_again_and_waits_twice_as_long_each_time() -> None:
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


def test_the_rescue_does_not_wait_behind_the_jobs() -> None:
    rescue_jobs.delay()
    with Redis.from_url(settings.REDIS_URL) as redis:
        assert redis.llen("upkeep") == 1
        assert redis.llen("celery") == 0
        redis.delete("upkeep")


def test_two_rescues_at_once_send_one_message() -> None:
    new_lane()
    queued_ids()
    Lane.objects.update(seen_at=LONG_AGO)
    now = timezone.now()
    for lane in [leases.stalled(now)[0], leases.stalled(now)[0]]:
        leases.redeliver(lane, now)
    assert len(queued_ids()) == 1


def test_a_rescued_job_ends_complete() -> None:
    new_lane()
    queued_ids()
    Lane.objects.update(seen_at=LONG_AGO)
    assert rescue.rescue() == 1
    (task_id,) = queued_ids()
    slices.work(job_id=Job.objects.get().pk, task_id=task_id, seconds=60)
    assert verify(Job.objects.get()).problems == []
    assert rescue.rescue() == 0


def test_a_step_starts_the_count_anew() -> None:
    lane = new_lane()
    Lane.objects.update(attempts=3, rescues=2)
    step(lane.job, lane.task_id, 1)
    after = Lane.objects.get()
    assert (after.attempts, after.rescues) == (0, 0)


def test_a_job_whose_lane_dies_at_every_start_fails_with_the_reason() -> None:
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


def test_five_copies_of_a_message_that_begin_at_once_fail_no_job() -> None:
    lane = new_lane()
    age(lane.job)
    Lane.objects.update(rescues=4)
    for _ in range(4):
        leases.claim(job_id=lane.job_id, task_id=lane.task_id)
    assert rescue.rescue() == 0
    assert work(lane) == "160 random users created with success!"


def test_a_lane_that_dies_quickly_is_left_to_the_slower_rescue() -> None:
    lane = new_lane()
    for _ in range(5):
        leases.claim(job_id=lane.job_id, task_id=lane.task_id)
    assert work(lane) == f"Job {lane.job_id} waits for the next rescue."
    age(lane.job)
    Lane.objects.update(seen_at=LONG_AGO)
    rescue.rescue()
    assert Job.objects.get().state == "failed"


def test_waiting_long_in_a_queue_is_no_failure() -> None:
    lane = new_lane()
    Job.objects.update(created_at=LONG_AGO)
    assert work(lane) == "160 random users created with success!"


def test_a_worker_with_another_secret_key_fails_the_job() -> None:
    lane = new_lane()
    Job.objects.update(key_fingerprint=passwords.fingerprint("another"))
    work(lane)
    assert Job.objects.get().error == "This worker has another SECRET_KEY than the process that took the job."


def test_an_error_that_repeating_cannot_cure_fails_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **options: object) -> None:
        raise ValueError("secret detail")

    monkeypatch.setattr("task.accounts.insert.identities", broken)
    lane = new_lane()
    assert work(lane) == f"Job {lane.job_id} failed."
    assert Job.objects.get().error == "ValueError in the worker; its log says more."


def test_nothing_secret_is_on_the_feed_or_in_redis() -> None:
    lane = new_lane(1)
    with Redis.from_url(settings.REDIS_URL) as redis:
        kept = b"".join(redis.lrange("celery", 0, -1))
    work(lane)
    user = get_user_model().objects.get()
    password = passwords.Deriver.of_job(settings.SECRET_KEY, bytes(lane.job.nonce)).password(user.username)
    told = "".join(Batch.objects.values_list("payload", flat=True)) + kept.decode()
    assert user.username in told
    for secret in (password, user.password, "pbkdf2", bytes(lane.job.nonce).hex(), lane.job.key_fingerprint):
        assert secret not in told
