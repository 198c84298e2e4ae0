"""What is asked before each act on a job, who may do it, and where one is afterwards; and the options of a new job."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.messages import get_messages
from django.contrib.messages.storage import default_storage
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, RequestFactory
from django.utils import timezone

from task.jobs.actions import ActionResult
from task.models import Job
from task.options import Options
from task.pages.job_views import add_action_messages
from tests.support.job_states import job_in, operator_visit, removed, start
from tests.support.visiting import person, text_of, visit

User = get_user_model()
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]
PERMISSIONS = ["view_user", "add_job", "add_large_job", "view_job", "change_job", "delete_job", "export_credentials"]
PLACES = {"view_user": "/users/", "view_job": "/jobs/{}/", "": "/generate/"}
ACTS = {"cancel": "change_job", "retry": "change_job", "remove": "delete_job", "forget": "export_credentials"}


@pytest.fixture
def operator() -> Client:
    return operator_visit()


def test_cancel_asks_once_and_is_done_by_a_post(operator: Client) -> None:
    job = job_in("running")
    asked = operator.get(f"/jobs/{job.pk}/cancel/")
    assert "has made 25 of 60 accounts. Cancel it? The 25 accounts stay, and no more are made." in text_of(asked)
    assert Job.objects.get().state == "running"
    response = operator.post(f"/jobs/{job.pk}/cancel/", follow=True)
    assert response.redirect_chain == [(f"/jobs/{job.pk}/", 302)]
    assert f"Job {job.pk} is cancelled." in text_of(response)
    again = operator.post(f"/jobs/{job.pk}/cancel/", follow=True)
    assert "Nothing changed" in text_of(again)


def test_retry_goes_on_and_comes_back_to_the_job(operator: Client) -> None:
    job = job_in("failed")
    assert "No names are left." in text_of(operator.get(f"/jobs/{job.pk}/"))
    response = operator.post(f"/jobs/{job.pk}/retry/", follow=True)
    assert f"Job {job.pk} is queued again." in text_of(response)
    assert Job.objects.get().state == "queued"


def test_undo_says_how_many_go_and_how_many_stay_and_why(operator: Client) -> None:
    job = job_in("finished")
    users = User.objects.filter(account__job=job)
    first, second = users[0], users[1]
    User.objects.filter(pk=first.pk).update(last_login=timezone.now())
    User.objects.filter(pk=second.pk).update(is_staff=True)
    asked = operator.get(f"/jobs/{job.pk}/remove/")
    assert "This permanently removes 58 accounts" in text_of(asked)
    assert "2 accounts in use are kept: 1 signed in 1 made staff" in text_of(asked)
    assert Job.objects.get().state == "finished"
    response = operator.post(f"/jobs/{job.pk}/remove/", follow=True)
    assert "The removal of the accounts of job" in text_of(response)
    removed(job, 60)
    assert "Removed: 58 of 60, 2 kept" in text_of(operator.get(f"/jobs/{job.pk}/"))


@pytest.mark.parametrize(
    ("act", "state", "sentence"),
    [
        ("cancel", "finished", "There is nothing left to cancel."),
        ("retry", "running", "only a job that failed while making accounts can be retried."),
        ("remove", "running", "first, then remove its accounts."),
    ],
)
def test_what_cannot_be_done_now_is_said_and_changes_nothing(
    operator: Client, act: str, state: str, sentence: str
) -> None:
    job = job_in(state)
    asked = operator.get(f"/jobs/{job.pk}/{act}/")
    assert sentence in text_of(asked)
    assert 'method="post" class="button"' not in asked.content.decode()
    response = operator.post(f"/jobs/{job.pk}/{act}/", follow=True)
    if act != "retry":  # an active job is on its way already
        assert sentence in text_of(response)
    assert Job.objects.get().state == state


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("permission", PERMISSIONS)
def test_each_act_needs_its_own_permission_and_no_other(act: str, permission: str) -> None:
    job = job_in({"cancel": "running", "retry": "failed", "remove": "finished", "forget": "finished"}[act])
    client = visit(person("someone", permission))
    may = ACTS[act] == permission
    assert client.get(f"/jobs/{job.pk}/{act}/").status_code == (200 if may else 403)
    response = client.post(f"/jobs/{job.pk}/{act}/", follow=True)
    assert response.status_code == (200 if may else 403)
    after = Job.objects.get()
    assert (after.state != job.state or after.is_forgotten) == may


@pytest.mark.parametrize("page", ["", "1/"])
@pytest.mark.parametrize(
    "permission", ["view_user", "add_job", "add_large_job", "view_job", "change_job", "delete_job"]
)
def test_jobs_are_for_those_who_may_see_jobs(page: str, permission: str) -> None:
    job = start()
    address = f"/jobs/{job.pk if page else ''}/".replace("//", "/")
    response = visit(person("someone", permission)).get(address)
    assert response.status_code == (200 if permission == "view_job" else 403)
    assert ('href="/jobs/"' in response.content.decode()) == (permission == "view_job")


def test_an_act_without_its_token_is_refused_in_words() -> None:
    job = start()
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("owner", "change_job"))
    response = client.post(f"/jobs/{job.pk}/cancel/")
    assert response.status_code == 403
    assert "The form expired" in text_of(response)


def test_a_queue_that_is_away_is_said_and_the_job_goes_on_later() -> None:
    request = RequestFactory().post("/jobs/7/retry/")
    request.session = SessionStore()
    request._messages = default_storage(request)  # type: ignore[attr-defined]
    add_action_messages(
        request, "Job {job} is queued again.", ActionResult(Job(pk=7), is_new=True, is_dispatched=False)
    )
    done, warned = [str(message) for message in get_messages(request)]
    assert done == "Job 7 is queued again."
    assert warned.startswith("The queue is not available. Job 7 is saved")


def test_a_page_that_is_read_in_the_background_leaves_the_message_to_the_page_that_follows(operator: Client) -> None:
    job = job_in("running")
    operator.post(f"/jobs/{job.pk}/cancel/")
    told = f"Job {job.pk} is cancelled."
    assert told not in text_of(operator.get(f"/jobs/{job.pk}/", headers={"X-Requested-With": "fetch"}))
    assert told in text_of(operator.get(f"/jobs/{job.pk}/"))


def test_a_stranger_is_asked_to_sign_in_before_any_act() -> None:
    job = start()
    for act in ACTS:
        response = Client().post(f"/jobs/{job.pk}/{act}/")
        assert response.headers["Location"] == f"/accounts/login/?next=/jobs/{job.pk}/{act}/"
    assert Job.objects.get().state == "queued"


def test_the_strip_leads_to_the_job_and_to_its_cancel_for_those_who_may(operator: Client) -> None:
    job = job_in("running")
    content = operator.get("/users/").content.decode()
    assert f'href="/jobs/{job.pk}/"' in content
    assert f'href="/jobs/{job.pk}/cancel/"' in content
    assert f"/jobs/{job.pk}/" not in visit(person("viewer", "view_user")).get("/users/").content.decode()


def test_a_removal_at_work_is_in_the_strip(operator: Client) -> None:
    job_in("removing")
    assert "10 of 25" in text_of(operator.get("/users/"))


@pytest.mark.parametrize(
    ("hours", "summary"), [("", "no automatic removal"), ("24", "removed after 24 hours")], ids=["never", "a day"]
)
def test_an_expiry_is_asked_for_under_options(operator: Client, hours: str, summary: str) -> None:
    asked = {"total": 60, "request_id": uuid4(), "remove_after_hours": hours}
    operator.post("/generate/", asked)
    assert Job.objects.get().options == Options(remove_after_hours=int(hours) if hours else None)
    response = operator.post("/generate/", asked | {"total": 1})
    assert f"Options: random names, a different password each, {summary}" in text_of(response)


@pytest.mark.parametrize("hours", ["5", "x", "-1"])
def test_an_expiry_that_is_not_offered_is_refused_beside_the_field(operator: Client, hours: str) -> None:
    response = operator.post("/generate/", {"total": 60, "request_id": uuid4(), "remove_after_hours": hours})
    assert "Choose one of the listed values." in text_of(response)
    assert "<details" in response.content.decode()
    assert not Job.objects.exists()


def test_too_many_jobs_are_refused_with_the_time_to_wait(operator: Client, settings: Any) -> None:
    settings.JOBS_AT_WORK_MAX = 1
    operator.post("/generate/", {"total": 60, "request_id": uuid4()})
    request_id = uuid4()
    response = operator.post("/generate/", {"total": 61, "request_id": request_id})
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    assert "wait until one ends or cancel one." in text_of(response)
    assert f'value="{request_id}"' in response.content.decode()
    assert 'value="61"' in response.content.decode()


@pytest.mark.parametrize(
    ("permission", "place"), [("view_user", "/users/"), ("view_job", "/jobs/{}/"), ("", "/generate/")]
)
def test_after_asking_one_lands_where_one_may_look(permission: str, place: str) -> None:
    client = visit(person("someone", "add_job", permission))
    response = client.post("/generate/", {"total": 60, "request_id": uuid4()}, follow=True)
    assert response.redirect_chain == [(place.format(Job.objects.get().pk), 302)]
    assert "We are generating your random users!" in text_of(response)
