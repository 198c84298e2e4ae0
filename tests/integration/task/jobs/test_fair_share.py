"""Fair share: people get slices in turn, however many jobs each has, and no message or account is lost by it."""

import json
from ast import literal_eval
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Sum
from django.utils import timezone
from redis import Redis

from task.jobs import cleanup, fair_share, leases, slices
from task.jobs.start import start_job
from task.jobs.verification import verify
from task.models import Job, Lane, Requester
from task.options import FULL, Options
from task.workers import registry
from tests.integration.task.jobs.test_leases import queued_ids
from tests.support.database import at_once
from tests.support.redis_keys import redis_key
from tests.support.stepping import now

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "empty_queue")]

User: Any = get_user_model()
FULL_STRENGTH = Options(hashing=FULL)


@pytest.fixture
def empty_queue(redis: str) -> None:
    queued_ids()


@pytest.fixture
def ann() -> Any:
    return User.objects.create(username="ann")


@pytest.fixture
def bob() -> Any:
    return User.objects.create(username="bob")


def start(requester: Any, *, jobs: int = 1, total: int = 60, processes: int = 1) -> list[Job]:
    """Starts full-strength jobs with this many lanes each. A slice without time makes one account of them."""
    registry.record_heartbeat("worker@here", timezone.now(), processes=processes)
    return [start_job(total=total, requested_by=requester, options=FULL_STRENGTH).job for _ in range(jobs)]


def take_message() -> dict[str, Any] | None:
    with Redis.from_url(settings.REDIS_URL) as redis:
        message = redis.rpop(redis_key("celery"))
    if message is None:
        return None
    headers = json.loads(message)["headers"]
    return {"job_id": literal_eval(headers["kwargsrepr"])["job"], "task_id": UUID(headers["id"])}


def work(slices_: int = 1) -> None:
    """Does what a pool process does with the next messages. Stale ones do not count."""
    while slices_:
        message = take_message()
        assert message
        slices_ -= not slices.work(**message, seconds=0).startswith("Ignored")


def made_by(*requesters: Any) -> list[int]:
    made = Counter(dict(Job.objects.values_list("requested_by").annotate(made=Sum("created")).order_by()))
    return [made[requester.pk] for requester in requesters]


@pytest.mark.fault("one user fills the queue with jobs")
def test_a_job_gets_the_next_slice_although_40_lanes_of_another_person_wait(ann: Any, bob: Any) -> None:
    start(ann, jobs=20, processes=2)
    work(3)
    job = start_job(total=60, requested_by=bob).job
    work()
    assert now(job).state == "finished"
    work()
    assert made_by(ann, bob) == [4, 60]


def test_people_get_equally_many_slices(ann: Any, bob: Any) -> None:
    eve = User.objects.create(username="eve")
    for requester, jobs in ((ann, 10), (bob, 3), (eve, 1)):
        start(requester, jobs=jobs)
    work(30)
    assert made_by(ann, bob, eve) == [10, 10, 10]


def test_a_person_with_many_tiny_jobs_gets_no_more_slices_than_others(ann: Any, bob: Any) -> None:
    start(ann, jobs=19, total=1)
    start(bob)
    work(10)
    assert made_by(ann, bob) == [5, 5]


def test_each_lane_has_one_message_after_any_number_of_take_overs(ann: Any, bob: Any) -> None:
    start(ann, jobs=5, processes=2)
    start(bob, processes=2)
    work(20)
    waiting = set(Lane.objects.values_list("task_id", flat=True))
    assert sorted(one for one in queued_ids() if one in waiting) == sorted(waiting)


def test_jobs_of_several_people_end_complete_with_several_workers(ann: Any, bob: Any) -> None:
    jobs = [*start(ann, jobs=6, total=7, processes=2), *start(bob, jobs=2, total=9, processes=2), *start(None, total=5)]

    def work_until_the_queue_is_empty() -> None:
        while message := take_message():
            slices.work(**message, seconds=0)

    at_once(3, work_until_the_queue_is_empty)
    work_until_the_queue_is_empty()
    assert [(now(job).state, verify(now(job)).problems) for job in jobs] == [("finished", [])] * len(jobs)


def test_a_lane_is_claimed_once_when_its_message_and_other_workers_meet(ann: Any) -> None:
    (job,) = start(ann)
    lane = job.lanes.get()
    ways = [
        lambda: leases.take_over(lane),
        lambda: leases.take_over(lane),
        lambda: leases.claim(job_id=job.pk, task_id=lane.task_id),
    ]

    def claim_in_one_way() -> Lane | None:
        return ways.pop()()

    claimed = at_once(len(ways), claim_in_one_way)
    assert sum(one is not None for one in claimed) == 1
    assert not job.lanes.get().is_waiting


def test_a_lane_whose_workers_died_is_left_to_its_own_message(ann: Any, bob: Any) -> None:
    start(ann, jobs=2)
    work()
    (job,) = start(bob)
    job.lanes.update(attempts=leases.MOST_ATTEMPTS)
    work()
    assert made_by(ann, bob) == [2, 0]


def test_a_lone_person_costs_no_writes_and_leaves_no_row(ann: Any, bob: Any) -> None:
    start(ann, jobs=2)
    work(5)
    assert list(Requester.objects.values_list("key", "last_slice")) == [(str(ann.pk), 1)]
    start(bob, total=1)
    work()
    cleanup.clean_up(timezone.now())
    assert list(Requester.objects.values_list("key", flat=True)) == [str(ann.pk)]


def test_a_stale_message_of_an_unknown_job_claims_nothing(ann: Any) -> None:
    assert fair_share.claim(job_id=999, task_id=UUID(int=1), size=1) is None
