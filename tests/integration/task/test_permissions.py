"""Who may what: the table of permission x page, API call, socket and command, every cell of it held.

A door opens for exactly those who hold all that it needs, and whoever lacks auth.view_user gets no e-mail address and
no requester's name out of any of them.
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
from tests.support.caller import text_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

SEE, ASK, ASK_LARGE = "auth.view_user", "arrivals.add_job", "arrivals.add_large_job"
LOOK, STEER, UNDO = "arrivals.view_job", "arrivals.change_job", "arrivals.delete_job"
EXPORT = "arrivals.export_credentials"
PERMISSIONS = [SEE, ASK, ASK_LARGE, LOOK, STEER, UNDO, EXPORT]
REQUESTER = "requester-with-a-name"

Send = Callable[[Client, Job], Any]
Make = Callable[[], Job]


def running() -> Job:
    return stepping.running(made=1, total=2)[0]


@dataclass(frozen=True)
class Door:
    """What must be held together, the state of the job that it is tried on, and how it is tried.

    `gives_addresses`: e-mail addresses are what it is for, with its own permission.
    """

    needs: set[str]
    send: Send
    make: Make = running
    gives_addresses: bool = False


def page(path: str, **fields: object) -> Send:
    """GET, or with fields POST."""
    return lambda client, job: client.post(path.format(job.pk), fields) if fields else client.get(path.format(job.pk))


def ask(path: str) -> Send:
    return lambda client, job: client.get(path.format(job.pk))


def tell(path: str, **body: object) -> Send:
    return lambda client, job: client.post(path.format(job.pk), json.dumps(body), content_type="application/json")


FORM = {"total": "50", "request_id": "6a1f3a0e-3f0c-4a68-9f3f-0b6f6d4a8b11"}

DOORS = {
    "GET /users/": Door({SEE}, page("/users/")),
    "GET /users/?q=": Door({SEE}, page("/users/?q=user")),
    "GET /generate/": Door({ASK}, page("/generate/")),
    "POST /generate/": Door({ASK}, page("/generate/", **FORM)),
    "GET /jobs/": Door({LOOK}, page("/jobs/")),
    "GET /jobs/<id>/": Door({LOOK}, page("/jobs/{}/")),
    "GET /jobs/<id>/cancel/": Door({STEER}, page("/jobs/{}/cancel/")),
    "POST /jobs/<id>/cancel/": Door({STEER}, page("/jobs/{}/cancel/", sure="yes")),
    "POST /jobs/<id>/retry/": Door({STEER}, page("/jobs/{}/retry/", sure="yes"), stepping.failed),
    "GET /jobs/<id>/remove/": Door({UNDO}, page("/jobs/{}/remove/"), stepping.finished),
    "POST /jobs/<id>/remove/": Door({UNDO}, page("/jobs/{}/remove/", sure="yes"), stepping.finished),
    "POST /api/jobs": Door({ASK}, tell("/api/jobs", total=50)),
    "POST /api/jobs, large": Door({ASK, ASK_LARGE}, tell("/api/jobs", total=501)),
    "GET /api/jobs": Door({LOOK}, ask("/api/jobs")),
    "GET /api/jobs/<id>": Door({LOOK}, ask("/api/jobs/{}")),
    "POST /api/jobs/<id>/cancel": Door({STEER}, tell("/api/jobs/{}/cancel")),
    "POST /api/jobs/<id>/retry": Door({STEER}, tell("/api/jobs/{}/retry"), stepping.failed),
    "GET /api/jobs/<id>/removal": Door({UNDO}, ask("/api/jobs/{}/removal"), stepping.finished),
    "POST /api/jobs/<id>/remove": Door({UNDO}, tell("/api/jobs/{}/remove"), stepping.finished),
    "GET /jobs/<id>/forget/": Door({EXPORT}, page("/jobs/{}/forget/"), stepping.finished),
    "POST /jobs/<id>/forget/": Door({EXPORT}, page("/jobs/{}/forget/", sure="yes"), stepping.finished),
    "GET /api/jobs/<id>/credentials": Door({EXPORT}, ask("/api/jobs/{}/credentials"), gives_addresses=True),
    "POST /api/jobs/<id>/forget": Door({EXPORT}, tell("/api/jobs/{}/forget"), stepping.finished),
    "GET /api/users": Door({SEE}, ask("/api/users")),
    "GET /api/events": Door({SEE}, ask("/api/events?after=0&wait=0")),
}


def held_sets() -> list[set[str]]:
    """Nothing, each alone, all together, and all but each: every way to lack one."""
    everything = set(PERMISSIONS)
    return [set(), *({one} for one in PERMISSIONS), everything, *(everything - {one} for one in PERMISSIONS)]


def person(held: set[str]) -> Any:
    user, _ = get_user_model().objects.get_or_create(username="holder")
    codenames = [name.partition(".")[2] for name in held]
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return get_user_model().objects.get(pk=user.pk)


@pytest.mark.parametrize("name", DOORS)
def test_a_door_opens_for_exactly_those_who_hold_what_it_needs(name: str) -> None:
    door = DOORS[name]
    requester = get_user_model().objects.create(username=REQUESTER)
    job = None
    for held in held_sets():
        job = job or door.make()
        Job.objects.filter(pk=job.pk).update(requested_by=requester)
        client = Client()
        client.force_login(person(held))
        response = door.send(client, job)
        body = text_of(response)
        is_open = response.status_code in {200, 202, 302}
        assert is_open == (door.needs <= held), f"{name} with {held}: {response.status_code}"
        assert is_open or response.status_code == 403
        if SEE not in held:
            assert door.gives_addresses or "@example.com" not in body, f"{name} with {held}"
            assert REQUESTER not in body, f"{name} with {held}"
        if is_open and name.startswith("POST"):
            job = None  # it is in another state now


@pytest.mark.parametrize("name", DOORS)
def test_no_door_opens_without_signing_in(name: str) -> None:
    response = DOORS[name].send(Client(), DOORS[name].make())
    if "/api/" in name:
        assert response.status_code == 401
    else:
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", [name for name in DOORS if "/api/" in name])
def test_a_token_opens_what_its_user_may_open(name: str) -> None:
    door = DOORS[name]
    for held in ({SEE}, {ASK}, {ASK, ASK_LARGE}, {LOOK}, {STEER}, {UNDO}, {EXPORT}):
        token = make_token(user=person(held), name="of the test", days=1)
        client = Client(headers={"Authorization": f"Bearer {token}"})
        status = door.send(client, door.make()).status_code
        assert status in {200, 202, 403}
        assert (status < 400) == (door.needs <= held), f"{name} with {held}: {status}"


def test_the_shell_asks_for_no_permission(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever has the shell has the database: nobody is signed in there, and the record names nobody."""
    assert not get_user_model().objects.exists()
    call_command("generate", str(settings.GENERATE_MAX_TOTAL + 1))
    call_command("cancel", str(stepping.running()[0].pk))
    call_command("retry", str(stepping.failed().pk))
    call_command("remove", str(stepping.finished().pk), "--yes")
    call_command("verify", str(stepping.finished().pk))
    call_command("credentials", str(stepping.finished().pk))
    said = capsys.readouterr().out
    assert said.count("Job ") >= 5
    assert "username,email,password,reason\n" in said


@pytest.mark.parametrize(
    ("held", "page"),
    [({SEE, LOOK}, "/users/"), ({LOOK, ASK}, "/jobs/"), ({ASK}, "/generate/"), (set(), "/users/")],
)
def test_after_signing_in_one_lands_where_one_may_look(held: set[str], page: str) -> None:
    client = Client()
    client.force_login(person(held))
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
