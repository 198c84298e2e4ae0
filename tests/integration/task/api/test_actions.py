"""Actions on jobs in the API: cancel, retry and remove."""

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from task.jobs import slices
from task.jobs.actions import fail
from task.jobs.start import start_job
from task.models import Account, Act, Job
from tests.support.clients.caller import Caller, caller

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User = get_user_model()
JOBS = "/api/jobs"


@pytest.fixture
def operator() -> Caller:
    return caller("operator", "view_job", "change_job", "delete_job")


def work(job: Job) -> Job:
    """Works on the job's lane until it ends."""
    slices.work(job_id=job.pk, task_id=job.lanes.get().task_id, size=500, seconds=60)
    return Job.objects.get(pk=job.pk)


def test_cancel_is_final_and_safe_to_repeat(operator: Caller) -> None:
    job = start_job(total=60).job
    for _ in range(2):
        answer = operator.post(f"{JOBS}/{job.pk}/cancel")
        assert (answer.status, answer.json["state"]) == (202, "cancelled")
    assert Act.objects.get(kind=Act.Kind.CANCELLED).by == operator.user


def test_a_failed_job_can_be_retried(operator: Caller) -> None:
    job = start_job(total=60).job
    fail(job_id=job.pk, error="The disk is full.")
    assert operator.get(f"{JOBS}/{job.pk}").json["error"] == "The disk is full."
    answer = operator.post(f"{JOBS}/{job.pk}/retry")
    assert (answer.status, answer.json["state"], answer.json["error"]) == (202, "queued", "")


def test_a_removal_has_a_preview_and_then_its_count(operator: Caller) -> None:
    job = work(start_job(total=5).job)
    User.objects.filter(account__number=1).update(last_login=timezone.now())
    address = f"{JOBS}/{job.pk}"
    assert operator.get(f"{address}/removal").json == {"removes": 4, "keeps": 1, "reasons": {"signed in": 1}}
    assert operator.post(f"{address}/remove").json["state"] == "removing"
    work(job)
    shown = operator.get(address).json
    assert (shown["state"], shown["created"], shown["removed"]) == ("removed", 5, 4)
    assert operator.get(JOBS).json["items"] == [shown]
    assert Account.objects.count() == 1


@pytest.mark.parametrize(("action", "state"), [("cancel", "finished"), ("retry", "finished"), ("remove", "queued")])
def test_an_action_that_the_state_does_not_allow_gets_409(operator: Caller, action: str, state: str) -> None:
    job = start_job(total=1).job
    if state == "finished":
        work(job)
    answer = operator.post(f"{JOBS}/{job.pk}/{action}")
    assert answer.problem == (409, "not_now")
    assert state in answer.json["detail"]


@pytest.mark.parametrize("number", ["9999", "9" * 30, "9" * 5000, "0"])
@pytest.mark.parametrize("action", ["", "/removal", "/cancel", "/retry", "/remove"])
def test_an_unknown_job_gets_404(operator: Caller, number: str, action: str) -> None:
    send = operator.get if action in {"", "/removal"} else operator.post
    assert send(f"{JOBS}/{number}{action}").problem == (404, "not_found")
