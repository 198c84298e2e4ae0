"""Actions on the pages of jobs: confirmation, permission, messages and redirects. Also the expiry of a new job."""

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
from tests.support.clients.visiting import person, text_of, visit
from tests.support.job_states import job_in, operator_visit, removed, start

User = get_user_model()
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]
PERMISSIONS = ["view_user", "add_job", "add_large_job", "view_job", "change_job", "delete_job", "export_credentials"]
PLACES = {"view_user": "/users/", "view_job": "/jobs/{}/", "": "/generate/"}
ACTIONS = {"cancel": "change_job", "retry": "change_job", "remove": "delete_job", "forget": "export_credentials"}


@pytest.fixture
def operator() -> Client:
    return operator_visit()


def test_cancel_asks_for_confirmation_and_acts_on_a_post(operator: Client) -> None:
    job = job_in("running")
    confirmation = operator.get(f"/jobs/{job.pk}/cancel/")
    assert "has made 25 of 60 accounts. Cancel it? The 25 accounts stay, and no more are made." in text_of(confirmation)
    assert Job.objects.get().state == "running"
    response = operator.post(f"/jobs/{job.pk}/cancel/", follow=True)
    assert response.redirect_chain == [(f"/jobs/{job.pk}/", 302)]
    assert f"Job {job.pk} is cancelled." in text_of(response)
    again = operator.post(f"/jobs/{job.pk}/cancel/", follow=True)
    assert "Nothing changed" in text_of(again)


def test_retry_queues_the_job_and_returns_to_its_page(operator: Client) -> None:
    job = job_in("failed")
    assert "No names are left." in text_of(operator.get(f"/jobs/{job.pk}/"))
    response = operator.post(f"/jobs/{job.pk}/retry/", follow=True)
    assert f"Job {job.pk} is queued again." in text_of(response)
    assert Job.objects.get().state == "queued"


def test_undo_shows_how_many_accounts_go_and_stay_with_the_reasons(operator: Client) -> None:
    job = job_in("finished")
    users = User.objects.filter(account__job=job)
    first, second = users[0], users[1]
    User.objects.filter(pk=first.pk).update(last_login=timezone.now())
    User.objects.filter(pk=second.pk).update(is_staff=True)
    confirmation = operator.get(f"/jobs/{job.pk}/remove/")
    assert "This permanently removes 58 accounts" in text_of(confirmation)
    assert "2 accounts in use are kept: 1 signed in 1 made staff" in text_of(confirmation)
    assert Job.objects.get().state == "finished"
    response = operator.post(f"/jobs/{job.pk}/remove/", follow=True)
    assert "The removal of the accounts of job" in text_of(response)
    removed(job, 60)
    assert "Removed: 58 of 60, 2 kept" in text_of(operator.get(f"/jobs/{job.pk}/"))


@pytest.mark.parametrize(
    ("action", "state", "sentence"),
    [
        ("cancel", "finished", "There is nothing left to cancel."),
        ("retry", "running", "only a job that failed while making accounts can be retried."),
        ("remove", "running", "first, then remove its accounts."),
    ],
)
def test_an_action_that_the_state_does_not_allow_is_refused_with_a_sentence(
    operator: Client, action: str, state: str, sentence: str
) -> None:
    job = job_in(state)
    confirmation = operator.get(f"/jobs/{job.pk}/{action}/")
    assert sentence in text_of(confirmation)
    assert 'method="post" class="button"' not in confirmation.content.decode()
    response = operator.post(f"/jobs/{job.pk}/{action}/", follow=True)
    if action != "retry":  # retry of an active job succeeds and changes nothing
        assert sentence in text_of(response)
    assert Job.objects.get().state == state


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("permission", PERMISSIONS)
def test_each_action_needs_its_own_permission_only(action: str, permission: str) -> None:
    job = job_in({"cancel": "running", "retry": "failed", "remove": "finished", "forget": "finished"}[action])
    client = visit(person("someone", permission))
    may = ACTIONS[action] == permission
    assert client.get(f"/jobs/{job.pk}/{action}/").status_code == (200 if may else 403)
    response = client.post(f"/jobs/{job.pk}/{action}/", follow=True)
    assert response.status_code == (200 if may else 403)
    after = Job.objects.get()
    assert (after.state != job.state or after.is_forgotten) == may


@pytest.mark.parametrize("page", ["", "1/"])
@pytest.mark.parametrize(
    "permission", ["view_user", "add_job", "add_large_job", "view_job", "change_job", "delete_job"]
)
def test_the_pages_of_jobs_need_view_job(page: str, permission: str) -> None:
    job = start()
    address = f"/jobs/{job.pk if page else ''}/".replace("//", "/")
    response = visit(person("someone", permission)).get(address)
    assert response.status_code == (200 if permission == "view_job" else 403)
    assert ('href="/jobs/"' in response.content.decode()) == (permission == "view_job")


def test_an_action_without_a_csrf_token_is_refused_with_a_sentence() -> None:
    job = start()
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("owner", "change_job"))
    response = client.post(f"/jobs/{job.pk}/cancel/")
    assert response.status_code == 403
    assert "The form expired" in text_of(response)


def test_an_unreachable_queue_gives_a_warning_and_the_job_is_saved() -> None:
    request = RequestFactory().post("/jobs/7/retry/")
    request.session = SessionStore()
    request._messages = default_storage(request)  # type: ignore[attr-defined]
    add_action_messages(
        request, "Job {job} is queued again.", ActionResult(Job(pk=7), is_new=True, queue_fault="it is not running")
    )
    done, warned = [str(message) for message in get_messages(request)]
    assert done == "Job 7 is queued again."
    assert warned.startswith("The queue is not available: it is not running. Job 7 is saved")


def test_a_page_fetched_in_the_background_does_not_consume_the_message(operator: Client) -> None:
    job = job_in("running")
    operator.post(f"/jobs/{job.pk}/cancel/")
    message = f"Job {job.pk} is cancelled."
    assert message not in text_of(operator.get(f"/jobs/{job.pk}/", headers={"X-Requested-With": "fetch"}))
    assert message in text_of(operator.get(f"/jobs/{job.pk}/"))


def test_an_action_without_a_sign_in_redirects_to_the_sign_in_page() -> None:
    job = start()
    for action in ACTIONS:
        response = Client().post(f"/jobs/{job.pk}/{action}/")
        assert response.headers["Location"] == f"/accounts/login/?next=/jobs/{job.pk}/{action}/"
    assert Job.objects.get().state == "queued"


def test_the_job_strip_links_to_the_job_and_its_cancel_only_with_the_permission(operator: Client) -> None:
    job = job_in("running")
    content = operator.get("/users/").content.decode()
    assert f'href="/jobs/{job.pk}/"' in content
    assert f'href="/jobs/{job.pk}/cancel/"' in content
    assert f"/jobs/{job.pk}/" not in visit(person("viewer", "view_user")).get("/users/").content.decode()


def test_a_running_removal_is_in_the_job_strip(operator: Client) -> None:
    job_in("removing")
    assert "10 of 25" in text_of(operator.get("/users/"))


@pytest.mark.parametrize(
    ("hours", "summary"), [("", "no automatic removal"), ("24", "removed after 24 hours")], ids=["never", "24 hours"]
)
def test_an_expiry_can_be_chosen_in_the_options(operator: Client, hours: str, summary: str) -> None:
    form = {"total": 60, "request_id": uuid4(), "remove_after_hours": hours}
    operator.post("/generate/", form)
    assert Job.objects.get().options == Options(remove_after_hours=int(hours) if hours else None)
    response = operator.post("/generate/", form | {"total": 1})
    assert f"Options: random names, a different password each, {summary}" in text_of(response)


@pytest.mark.parametrize("hours", ["5", "x", "-1"])
def test_an_expiry_that_is_not_offered_is_refused_next_to_the_field(operator: Client, hours: str) -> None:
    response = operator.post("/generate/", {"total": 60, "request_id": uuid4(), "remove_after_hours": hours})
    assert "Choose one of the listed values." in text_of(response)
    assert "<details" in response.content.decode()
    assert not Job.objects.exists()


def test_a_job_over_the_limit_gets_429_with_retry_after(operator: Client, settings: Any) -> None:
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
    ("permission", "landing"), [("view_user", "/users/"), ("view_job", "/jobs/{}/"), ("", "/generate/")]
)
def test_a_new_job_redirects_to_a_permitted_page(permission: str, landing: str) -> None:
    client = visit(person("someone", "add_job", permission))
    response = client.post("/generate/", {"total": 60, "request_id": uuid4()}, follow=True)
    assert response.redirect_chain == [(landing.format(Job.objects.get().pk), 302)]
    assert "We are generating your random users!" in text_of(response)
