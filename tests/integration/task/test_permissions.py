"""The permissions of every page, API call and command: a table, of which each cell is tested.

An endpoint answers exactly the users who hold all permissions that it needs. Without auth.view_user no endpoint returns
an e-mail address or a requester's name.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client

from task.models import Job
from task.tokens import make_token
from tests.support import stepping
from tests.support.clients.caller import text_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

VIEW_USER, ADD_JOB, ADD_LARGE_JOB = "auth.view_user", "arrivals.add_job", "arrivals.add_large_job"
VIEW_JOB, CHANGE_JOB, DELETE_JOB = "arrivals.view_job", "arrivals.change_job", "arrivals.delete_job"
EXPORT_CREDENTIALS = "arrivals.export_credentials"
PERMISSIONS = [VIEW_USER, ADD_JOB, ADD_LARGE_JOB, VIEW_JOB, CHANGE_JOB, DELETE_JOB, EXPORT_CREDENTIALS]
REQUESTER = "requester-with-a-name"

Send = Callable[[Client, Job], Any]
Make = Callable[[], Job]


def running() -> Job:
    return stepping.running(made=1, total=2)[0]


@dataclass(frozen=True)
class Endpoint:
    """`needs`: permissions that must be held together. `make`: returns the job to try it on.

    `gives_addresses`: it returns e-mail addresses on purpose, and has its own permission.
    """

    needs: set[str]
    send: Send
    make: Make = running
    gives_addresses: bool = False


def visit_page(path: str, **fields: object) -> Send:
    """Sends a GET, or with fields a POST."""
    return lambda client, job: client.post(path.format(job.pk), fields) if fields else client.get(path.format(job.pk))


def get_api(path: str) -> Send:
    return lambda client, job: client.get(path.format(job.pk))


def post_api(path: str, **body: object) -> Send:
    return lambda client, job: client.post(path.format(job.pk), json.dumps(body), content_type="application/json")


FORM = {"total": "50", "request_id": "6a1f3a0e-3f0c-4a68-9f3f-0b6f6d4a8b11"}

ENDPOINTS = {
    "GET /users/": Endpoint({VIEW_USER}, visit_page("/users/")),
    "GET /users/?q=": Endpoint({VIEW_USER}, visit_page("/users/?q=user")),
    "GET /generate/": Endpoint({ADD_JOB}, visit_page("/generate/")),
    "POST /generate/": Endpoint({ADD_JOB}, visit_page("/generate/", **FORM)),
    "GET /jobs/": Endpoint({VIEW_JOB}, visit_page("/jobs/")),
    "GET /jobs/<id>/": Endpoint({VIEW_JOB}, visit_page("/jobs/{}/")),
    "GET /jobs/<id>/cancel/": Endpoint({CHANGE_JOB}, visit_page("/jobs/{}/cancel/")),
    "POST /jobs/<id>/cancel/": Endpoint({CHANGE_JOB}, visit_page("/jobs/{}/cancel/", sure="yes")),
    "POST /jobs/<id>/retry/": Endpoint({CHANGE_JOB}, visit_page("/jobs/{}/retry/", sure="yes"), stepping.failed),
    "GET /jobs/<id>/remove/": Endpoint({DELETE_JOB}, visit_page("/jobs/{}/remove/"), stepping.finished),
    "POST /jobs/<id>/remove/": Endpoint({DELETE_JOB}, visit_page("/jobs/{}/remove/", sure="yes"), stepping.finished),
    "POST /api/jobs": Endpoint({ADD_JOB}, post_api("/api/jobs", total=50)),
    "POST /api/jobs, large": Endpoint({ADD_JOB, ADD_LARGE_JOB}, post_api("/api/jobs", total=501)),
    "GET /api/jobs": Endpoint({VIEW_JOB}, get_api("/api/jobs")),
    "GET /api/jobs/<id>": Endpoint({VIEW_JOB}, get_api("/api/jobs/{}")),
    "POST /api/jobs/<id>/cancel": Endpoint({CHANGE_JOB}, post_api("/api/jobs/{}/cancel")),
    "POST /api/jobs/<id>/retry": Endpoint({CHANGE_JOB}, post_api("/api/jobs/{}/retry"), stepping.failed),
    "GET /api/jobs/<id>/removal": Endpoint({DELETE_JOB}, get_api("/api/jobs/{}/removal"), stepping.finished),
    "POST /api/jobs/<id>/remove": Endpoint({DELETE_JOB}, post_api("/api/jobs/{}/remove"), stepping.finished),
    "GET /jobs/<id>/forget/": Endpoint({EXPORT_CREDENTIALS}, visit_page("/jobs/{}/forget/"), stepping.finished),
    "POST /jobs/<id>/forget/": Endpoint(
        {EXPORT_CREDENTIALS}, visit_page("/jobs/{}/forget/", sure="yes"), stepping.finished
    ),
    "GET /api/jobs/<id>/credentials": Endpoint(
        {EXPORT_CREDENTIALS}, get_api("/api/jobs/{}/credentials"), gives_addresses=True
    ),
    "POST /api/jobs/<id>/forget": Endpoint({EXPORT_CREDENTIALS}, post_api("/api/jobs/{}/forget"), stepping.finished),
    "GET /api/users": Endpoint({VIEW_USER}, get_api("/api/users")),
    "GET /api/events": Endpoint({VIEW_USER}, get_api("/api/events?after=0&wait=0")),
}


def held_sets() -> list[set[str]]:
    """No permission, each alone, all, and all but one: every way to lack a permission."""
    everything = set(PERMISSIONS)
    return [set(), *({one} for one in PERMISSIONS), everything, *(everything - {one} for one in PERMISSIONS)]


def person(held: set[str]) -> Any:
    user, _ = get_user_model().objects.get_or_create(username="holder")
    codenames = [name.partition(".")[2] for name in held]
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return get_user_model().objects.get(pk=user.pk)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_endpoint_answers_exactly_the_users_with_its_permissions(name: str) -> None:
    endpoint = ENDPOINTS[name]
    requester = get_user_model().objects.create(username=REQUESTER)
    job = None
    for held in held_sets():
        job = job or endpoint.make()
        Job.objects.filter(pk=job.pk).update(requested_by=requester)
        client = Client()
        client.force_login(person(held))
        response = endpoint.send(client, job)
        body = text_of(response)
        is_allowed = response.status_code in {200, 202, 302}
        assert is_allowed == (endpoint.needs <= held), f"{name} with {held}: {response.status_code}"
        assert is_allowed or response.status_code == 403
        if VIEW_USER not in held:
            assert endpoint.gives_addresses or "@example.com" not in body, f"{name} with {held}"
            assert REQUESTER not in body, f"{name} with {held}"
        if is_allowed and name.startswith("POST"):
            job = None  # because the job has another state now


@pytest.mark.parametrize("name", ENDPOINTS)
def test_every_endpoint_needs_a_sign_in(name: str) -> None:
    response = ENDPOINTS[name].send(Client(), ENDPOINTS[name].make())
    if "/api/" in name:
        assert response.status_code == 401
    else:
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", [name for name in ENDPOINTS if "/api/" in name])
def test_a_token_has_the_permissions_of_its_user(name: str) -> None:
    endpoint = ENDPOINTS[name]
    for held in (
        {VIEW_USER},
        {ADD_JOB},
        {ADD_JOB, ADD_LARGE_JOB},
        {VIEW_JOB},
        {CHANGE_JOB},
        {DELETE_JOB},
        {EXPORT_CREDENTIALS},
    ):
        token = make_token(user=person(held), name="of the test", days=1)
        client = Client(headers={"Authorization": f"Bearer {token}"})
        status = endpoint.send(client, endpoint.make()).status_code
        assert status in {200, 202, 403}
        assert (status < 400) == (endpoint.needs <= held), f"{name} with {held}: {status}"


def test_the_shell_needs_no_permission(capsys: pytest.CaptureFixture[str]) -> None:
    """Shell access means database access, so commands skip permissions and are logged without a user."""
    assert not get_user_model().objects.exists()
    call_command("generate", str(settings.GENERATE_MAX_TOTAL + 1))
    call_command("cancel", str(stepping.running()[0].pk))
    call_command("retry", str(stepping.failed().pk))
    call_command("remove", str(stepping.finished().pk), "--yes")
    call_command("verify", str(stepping.finished().pk))
    call_command("credentials", str(stepping.finished().pk))
    output = capsys.readouterr().out
    assert output.count("Job ") >= 5
    assert "username,email,password,reason\n" in output


@pytest.mark.parametrize(
    ("held", "page"),
    [
        ({VIEW_USER, VIEW_JOB}, "/users/"),
        ({VIEW_JOB, ADD_JOB}, "/jobs/"),
        ({ADD_JOB}, "/generate/"),
        (set(), "/users/"),
    ],
)
def test_after_a_sign_in_the_user_lands_on_a_permitted_page(held: set[str], page: str) -> None:
    client = Client()
    client.force_login(person(held))
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
