"""What programs do to jobs: cancel, retry, remove their accounts."""

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from task.jobs import slices
from task.jobs.actions import fail
from task.jobs.start import start_job
from task.models import Account, Act, Job
from tests.support.caller import Caller, caller

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User = get_user_model()
JOBS = "/api/jobs"


@pytest.fixture
def asker() -> Caller:
    return caller("asker", "view_job", "change_job", "delete_job")


def work(job: Job) -> Job:
    """Until its lane has nothing more to do."""
    slices.work(job_id=job.pk, task_id=job.lanes.get().task_id, size=500, seconds=60)
    return Job.objects.get(pk=job.pk)


def test_cancel_is_final_and_safe_to_repeat(asker: Caller) -> None:
    job = start_job(total=60).job
    for _ in range(2):
        answer = asker.post(f"{JOBS}/{job.pk}/cancel")
        assert (answer.status, answer.json["state"]) == (202, "cancelled")
    assert Act.objects.get(kind=Act.Kind.CANCELLED).by == asker.user


def test_a_failed_job_can_be_retried(asker: Caller) -> None:
    job = start_job(total=60).job
    fail(job_id=job.pk, error="The disk is full.")
    assert asker.get(f"{JOBS}/{job.pk}").json["error"] == "The disk is full."
    answer = asker.post(f"{JOBS}/{job.pk}/retry")
    assert (answer.status, answer.json["state"], answer.json["error"]) == (202, "queued", "")


def test_a_removal_says_first_what_it_will_do_and_then_counts(asker: Caller) -> None:
    job = work(start_job(total=5).job)
    User.objects.filter(account__number=1).update(last_login=timezone.now())
    address = f"{JOBS}/{job.pk}"
    assert asker.get(f"{address}/removal").json == {"removes": 4, "keeps": 1, "reasons": {"signed in": 1}}
    assert asker.post(f"{address}/remove").json["state"] == "removing"
    work(job)
    shown = asker.get(address).json
    assert (shown["state"], shown["created"], shown["removed"]) == ("removed", 5, 4)
    assert asker.get(JOBS).json["items"] == [shown]
    assert Account.objects.count() == 1


@pytest.mark.parametrize(("act", "state"), [("cancel", "finished"), ("retry", "finished"), ("remove", "queued")])
def test_what_cannot_be_done_now_is_said(asker: Caller, act: str, state: str) -> None:
    job = start_job(total=1).job
    if state == "finished":
        work(job)
    answer = asker.post(f"{JOBS}/{job.pk}/{act}")
    assert answer.problem == (409, "not_now")
    assert state in answer.json["detail"]


@pytest.mark.parametrize("number", ["9999", "9" * 30, "9" * 5000, "0"])
@pytest.mark.parametrize("act", ["", "/removal", "/cancel", "/retry", "/remove"])
def test_a_job_that_does_not_exist_is_not_found(asker: Caller, number: str, act: str) -> None:
    ask = asker.get if act in {"", "/removal"} else asker.post
    assert ask(f"{JOBS}/{number}{act}").problem == (404, "not_found")
