"""Seeds: the same options and seed give the same names, whatever the step sizes, lanes and crashes."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from task.accounts import insert
from task.accounts.identities import identities
from task.jobs.start import start_job
from task.jobs.verification import verify
from task.models import Job, Lane
from task.options import FULL, RANDOM, REALISTIC, Options
from task.workers import registry
from tests.support.stepping import finished, now, remove_all, step

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User: Any = get_user_model()
TOTAL = 60
SEED = 2026


def expected(names: str = RANDOM) -> set[str]:
    return {identity.username for identity in identities(Options(names=names), SEED, range(TOTAL))}


def made(job: Job) -> set[str]:
    return set(User.objects.filter(account__job=job).values_list("username", flat=True))


def in_steps(job: Job, sizes: list[int], *, killed: bool = False) -> Job:
    """Works on each lane in turn with steps of these sizes. Repeats the last size until the job ends."""
    while job.state in Job.ACTIVE:
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        for lane in Lane.objects.select_related("job").filter(job=job).order_by("number"):
            if killed:
                insert.prepare_candidates(lane, size + 3)  # a lane that is killed before its commit
            step(job, lane.task_id, size)
        job = now(job)
    return job


@pytest.mark.parametrize("names", [RANDOM, REALISTIC])
@pytest.mark.parametrize("sizes", [[60], [1], [7, 31, 2], [500]])
def test_the_names_do_not_depend_on_the_step_sizes(names: str, sizes: list[int]) -> None:
    job = start_job(total=TOTAL, options=Options(seed=SEED, names=names)).job
    assert made(in_steps(job, sizes)) == expected(names)


def test_the_names_do_not_change_when_lanes_are_killed_before_their_commit() -> None:
    job = start_job(total=TOTAL, options=Options(seed=SEED)).job
    assert made(in_steps(job, [7, 13], killed=True)) == expected()


@pytest.mark.parametrize("lanes", [1, 2, 3, 64])
@pytest.mark.parametrize("killed", [False, True])
def test_the_names_do_not_depend_on_the_number_of_lanes(lanes: int, killed: bool) -> None:
    registry.record_heartbeat("worker@here", timezone.now(), processes=lanes)
    job = start_job(total=TOTAL, options=Options(seed=SEED, hashing=FULL)).job
    assert job.lane_count == lanes
    assert made(in_steps(job, [4, 9], killed=killed)) == expected()


@pytest.mark.parametrize("lanes", [1, 2])
def test_a_job_whose_seed_gives_taken_names_still_reaches_its_total(lanes: int) -> None:
    registry.record_heartbeat("worker@here", timezone.now(), processes=lanes)
    options = Options(seed=SEED, hashing=FULL, names=REALISTIC)
    first, second = (in_steps(start_job(total=TOTAL, options=options).job, [25]) for _ in range(2))
    assert [first.created, second.created, User.objects.count()] == [TOTAL, TOTAL, 2 * TOTAL]
    assert not made(first) & made(second)
    assert verify(second).problems == []


def test_a_seed_gives_the_same_names_again_after_an_undo() -> None:
    options = Options(seed=SEED, names=REALISTIC)
    first = finished(TOTAL, options=options)
    names = made(first)
    remove_all(first)
    assert made(finished(TOTAL, options=options)) == names


def test_jobs_without_a_seed_get_different_seeds_and_store_them() -> None:
    first, second = finished(TOTAL), finished(TOTAL)
    assert first.seed != second.seed
    assert {identity.username for identity in identities(first.options, first.seed, range(TOTAL))} == made(first)


def test_the_same_seed_gives_different_passwords() -> None:
    """Passwords are derived from a nonce, because a seed is not secret."""
    first = finished(1, options=Options(seed=SEED))
    remove_all(first)
    second = finished(1, options=Options(seed=SEED))
    assert bytes(first.nonce) != bytes(second.nonce)
