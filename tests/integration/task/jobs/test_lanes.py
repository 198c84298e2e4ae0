"""Full-strength jobs have a lane for each pool process. Each lane makes its share, whatever happens to the others."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from task.accounts import insert
from task.jobs import actions, rescue, slices
from task.jobs.actions import fail
from task.jobs.start import start_job
from task.jobs.step import step as take_step
from task.jobs.verification import verify
from task.models import Account, Job, Lane
from task.options import FULL, SHARED, Options
from task.workers import registry
from tests.support.database import at_once
from tests.support.feeding import feed_types
from tests.support.stepping import now, step

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User: Any = get_user_model()
FULL_STRENGTH = Options(hashing=FULL, seed=7)


def job_with(processes: int, total: int = 60, options: Options = FULL_STRENGTH) -> Job:
    registry.record_heartbeat("worker@here", timezone.now(), processes=processes)
    return start_job(total=total, options=options).job


def lanes_of(job: Job) -> list[Lane]:
    return list(job.lanes.order_by("number"))


def work(lane: Lane, seconds: float = 60) -> str:
    return slices.work(job_id=lane.job_id, task_id=lane.task_id, seconds=seconds)


def names() -> set[str]:
    return set(User.objects.values_list("username", flat=True))


@pytest.mark.parametrize(
    ("total", "processes", "shares"),
    [(60, 2, [30, 30]), (61, 2, [31, 30]), (8, 3, [3, 3, 2]), (1, 2, [1]), (2, 5, [1, 1]), (60, 1, [60])],
)
def test_the_shares_sum_to_the_total_and_none_is_empty(total: int, processes: int, shares: list[int]) -> None:
    job = job_with(processes, total)
    assert [lane.share for lane in lanes_of(job)] == shares
    for lane in lanes_of(job):
        work(lane)
    assert (now(job).state, verify(now(job)).problems) == ("finished", [])


@pytest.mark.parametrize("options", [Options(), Options(passwords=SHARED, shared_password="one for all of them")])
def test_a_job_without_a_costly_hash_per_account_has_one_lane(options: Options) -> None:
    assert len(lanes_of(job_with(2, options=options))) == 1


def test_each_lane_makes_its_share_and_the_last_ends_the_job_once() -> None:
    job = job_with(2, 61)
    first, second = lanes_of(job)
    assert work(first) == "31 of 61 random users created so far."
    assert (now(job).state, lanes_of(job)) == ("running", [second])
    assert work(second) == "61 random users created with success!"
    assert not Lane.objects.exists()
    assert feed_types().count("job.finished") == 1
    assert feed_types()[-1] == "job.finished"


def test_concurrent_lanes_finish_the_job_once_and_completely() -> None:
    job = job_with(4, 203)
    waiting = lanes_of(job)
    at_once(4, lambda: work(waiting.pop()))
    assert (now(job).state, verify(now(job)).problems) == ("finished", [])
    assert feed_types().count("job.started") == feed_types().count("job.finished") == 1
    assert sorted(Account.objects.values_list("number", flat=True)) == list(range(1, 204))


def test_a_killed_lane_continues_where_it_stopped_after_the_rescue() -> None:
    job = job_with(2)
    first, second = lanes_of(job)
    step(job, first.task_id, 10)
    insert.prepare_candidates(first, 10)  # a worker that is killed before its commit
    work(second)
    Lane.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    assert rescue.rescue() == 1
    (left,) = lanes_of(job)
    assert (left.number, left.made, left.task_id) == (0, 10, first.task_id)
    assert work(left) == "60 random users created with success!"


def test_the_end_of_a_slice_requeues_only_its_own_lane() -> None:
    job = job_with(2)
    first, second = lanes_of(job)
    work(first, seconds=0)
    after = lanes_of(job)
    assert after[0].task_id != first.task_id
    assert after[1].task_id == second.task_id


def test_a_retry_continues_each_unfinished_lane() -> None:
    job = job_with(3, 9)
    first, second, _ = lanes_of(job)
    work(first)
    step(job, second.task_id, 2)
    fail(job_id=job.pk, error="Failed by the test.")
    assert work(second) == f"Ignored a stale message for job {job.pk}."
    assert not actions.retry(job_id=job.pk).queue_fault
    assert [(lane.number, lane.made) for lane in lanes_of(job)] == [(1, 2), (2, 0)]
    assert second.task_id not in {lane.task_id for lane in lanes_of(job)}
    for lane in lanes_of(job):
        work(lane)
    assert (now(job).state, User.objects.count(), verify(now(job)).problems) == ("finished", 9, [])


def test_a_cancel_ends_all_lanes() -> None:
    job = job_with(2)
    lanes = lanes_of(job)
    prepared = [(lane, insert.prepare_candidates(lane, 5)) for lane in lanes]
    actions.cancel(job_id=job.pk)
    for lane, candidates in prepared:
        assert _step(lane.task_id, job, candidates) is None
        assert work(lane) == f"Ignored a stale message for job {job.pk}."
    assert (User.objects.count(), Lane.objects.count()) == (0, 0)


def test_a_repeated_step_of_a_lane_makes_its_accounts_once() -> None:
    job = job_with(2)
    lane = lanes_of(job)[0]
    candidates = insert.prepare_candidates(lane, 5)
    for _ in range(2):
        _step(lane.task_id, job, candidates)
    assert User.objects.count() == 5


def test_the_first_account_exists_after_one_hash() -> None:
    job = job_with(2)
    work(lanes_of(job)[0], seconds=0)
    assert now(job).created == 1


def test_processes_of_silent_workers_are_not_counted_and_the_count_is_at_least_1() -> None:
    at = timezone.now()
    assert registry.count_processes(at) == 1
    registry.record_heartbeat("a", at, processes=2)
    registry.record_heartbeat("b", at, processes=3)
    assert registry.count_processes(at) == 5
    assert registry.count_processes(at + timedelta(minutes=5)) == 1
    registry.record_heartbeat("b", at, processes=1_000)
    assert registry.count_processes(at) == registry.MOST_LANES


def _step(task_id: UUID, job: Job, candidates: list[insert.Candidate]) -> Lane | None:
    return take_step(job_id=job.pk, task_id=task_id, candidates=candidates, first=0)
