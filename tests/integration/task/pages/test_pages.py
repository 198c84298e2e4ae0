"""The pages as a browser without JavaScript sees them: permissions, the job form and error pages."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.messages import get_messages
from django.contrib.messages.storage import default_storage
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views.defaults import server_error

from asgi_config.web import csp
from task.jobs.start import Started
from task.models import Job
from task.pages.views import add_started_messages
from tests.support.clients.visiting import job_at, person, request_id_on, text_of, visit

User = get_user_model()
USERS = "/users/"
GENERATE = "/generate/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Client:
    return visit(person("owner", "view_user", "add_job"))


def submit(client: Client, total: object, request_id: object = None, **more: Any) -> Any:
    return client.post(GENERATE, {"total": total, "request_id": request_id or uuid4()}, **more)


@pytest.mark.parametrize("address", [USERS, GENERATE])
def test_a_page_without_a_sign_in_redirects_to_sign_in_and_back(address: str) -> None:
    response = Client().get(address)
    assert response.status_code == 302
    assert response.headers["Location"] == f"{reverse('login')}?next={address}"


@pytest.mark.parametrize("address", [USERS, GENERATE])
def test_a_user_without_permission_gets_a_clear_page_and_can_sign_out(address: str) -> None:
    client = visit(person("nobody"))
    response = client.get(address)
    assert response.status_code == 403
    assert "You do not have permission to see this page" in text_of(response)
    assert "nobody" in text_of(response)
    assert client.post(reverse("logout")).headers["Location"] == reverse("login")


def test_a_user_without_add_job_gets_no_link_to_the_form() -> None:
    response = visit(person("viewer", "view_user")).get(USERS)
    assert "No accounts generated yet." in text_of(response)
    assert GENERATE not in response.content.decode()


@pytest.mark.parametrize(
    ("total", "reason"),
    [
        ("49", "Too few users. Enter 50 or more."),
        ("501", "Too many users. Enter 500 or fewer."),
        ("many", "Enter a whole number, for example 100."),
        ("1e2", "Enter a whole number, for example 100."),
        ("", "Enter how many users you need."),
    ],
)
def test_an_invalid_total_is_refused_next_to_the_field(owner: Client, total: str, reason: str) -> None:
    request_id = uuid4()
    response = submit(owner, total, request_id)
    content = response.content.decode()
    assert response.status_code == 200
    assert reason in text_of(response)
    assert 'aria-invalid="true"' in content
    assert 'aria-describedby="id_total_helptext id_total_error"' in content
    assert 'id="id_total_error"' in content
    assert "autofocus" in content
    assert not total or f'value="{total}"' in content
    assert request_id_on(response) == str(request_id)
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("total", "words"),
    [("60", "Generate 60 users"), ("1000", "Generate 1,000 users"), ("abc", "Generate users"), ("", "Generate users")],
)
def test_the_button_names_the_total_only_if_it_is_a_number(owner: Client, total: str, words: str) -> None:
    page = submit(owner, total, "not-a-uuid").content.decode()
    button = page.partition('<button class="button" type="submit">')[2].partition("</button>")[0]
    assert " ".join(re.sub(r"<[^>]+>", "", button).split()) == words


@pytest.mark.parametrize(("preset", "shown"), [("50", "50"), ("", "500"), ("49", "500"), ("<b>", "500")])
def test_a_link_can_preset_a_valid_total(owner: Client, preset: str, shown: str) -> None:
    assert f'value="{shown}"' in owner.get(GENERATE, {"total": preset}).content.decode()


@pytest.mark.usefixtures("redis")
def test_a_submitted_form_starts_one_job_and_redirects_to_the_list(owner: Client) -> None:
    response = submit(owner, 60, follow=True)
    assert response.redirect_chain == [(USERS, 302)]
    assert "We are generating your random users!" in text_of(response)
    job = Job.objects.get()
    assert (job.total, job.requested_by) == (60, User.objects.get(username="owner"))


@pytest.mark.usefixtures("redis")
def test_a_form_sent_twice_starts_one_job_and_the_page_says_so(owner: Client) -> None:
    request_id = uuid4()
    submit(owner, 60, request_id, follow=True)
    response = submit(owner, 60, request_id, follow=True)
    assert f"This form already started job {Job.objects.get().pk}." in text_of(response)


@pytest.mark.usefixtures("redis")
def test_a_form_sent_again_with_another_total_becomes_a_new_request(owner: Client) -> None:
    request_id = uuid4()
    submit(owner, 60, request_id)
    response = submit(owner, 61, request_id)
    assert "This form already started a job with other values." in text_of(response)
    assert 'value="61"' in response.content.decode()
    assert Job.objects.count() == 1
    submit(owner, 61, request_id_on(response))
    assert Job.objects.count() == 2


@pytest.mark.parametrize("request_id", ["", "not-a-uuid"])
def test_a_form_without_a_valid_request_id_returns_with_a_new_one(owner: Client, request_id: str) -> None:
    response = owner.post(GENERATE, {"total": 60, "request_id": request_id})
    assert "The form expired" in text_of(response)
    assert len(request_id_on(response)) == 36
    assert 'value="60"' in response.content.decode()
    assert not Job.objects.exists()


def test_an_unreachable_queue_gives_a_warning_and_the_job_is_saved() -> None:
    request = RequestFactory().post(GENERATE)
    request.session = SessionStore()
    request._messages = default_storage(request)  # type: ignore[attr-defined]
    job = job_at(created=0, state=Job.State.QUEUED)
    add_started_messages(request, Started(job, is_new=True, queue_fault="it is not running"))
    started, warned = [str(message) for message in get_messages(request)]
    assert started == "We are generating your random users!"
    assert warned.startswith(f"The queue is not available: it is not running. Job {job.pk} is saved")


def test_the_sign_in_page_names_the_command_for_a_link() -> None:
    assert ".venv/bin/python manage.py link" in text_of(Client().get(reverse("login")))


def test_a_form_without_a_csrf_token_is_refused_with_a_sentence() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("owner", "add_job"))
    response = client.post(GENERATE, {"total": 60})
    assert response.status_code == 403
    assert "The form expired" in text_of(response)


def test_an_unknown_address_gets_a_clear_page(owner: Client) -> None:
    response = owner.get("/nowhere/")
    assert response.status_code == 404
    assert "Page not found" in text_of(response)


def test_a_server_error_gets_a_clear_page_without_user_or_session() -> None:
    assert "Something went wrong" in text_of(server_error(RequestFactory().get("/")))


@pytest.mark.parametrize("address", ["/accounts/login/", USERS, GENERATE])
def test_every_page_allows_scripts_and_styles_of_this_host_only(owner: Client, address: str) -> None:
    response = owner.get(address)
    assert response.headers["Content-Security-Policy"] == csp.POLICY
    assert not re.search(r"<style|style=|<script(?![^>]*(src=|application/json))|\son\w+=", response.content.decode())
