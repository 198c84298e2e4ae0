"""Who may call what: a session with CSRF or a token, and one permission for each act."""

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from task import tokens
from task.jobs import slices
from task.jobs.start import start_job
from task.models import Job, Token
from tests.support.caller import ALL, Caller, caller, person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User = get_user_model()

# What each operation needs; `{job}` is a finished job of somebody else.
NEEDS = {
    ("POST", "/api/jobs"): "add_job",
    ("GET", "/api/jobs"): "view_job",
    ("GET", "/api/jobs/{job}"): "view_job",
    ("POST", "/api/jobs/{job}/cancel"): "change_job",
    ("POST", "/api/jobs/{job}/retry"): "change_job",
    ("POST", "/api/jobs/{job}/remove"): "delete_job",
    ("GET", "/api/jobs/{job}/removal"): "delete_job",
    ("GET", "/api/users"): "view_user",
    ("GET", "/api/events"): "view_user",
}
BEARER = {"Authorization": "Bearer arr_" + "x" * 43}


@pytest.fixture
def job() -> Job:
    job = start_job(total=2, requested_by=person("secret-requester")).job
    slices.work(job_id=job.pk, task_id=job.lanes.get().task_id, size=25, seconds=60)
    return job


def token_of(user: Any, **options: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.make_token(user=user, name='test', days=1, **options)}"}


def by_token(user: Any) -> Caller:
    """Without a cookie, before a server that asks for CSRF."""
    return Caller(client=Client(raise_request_exception=False, enforce_csrf_checks=True), headers=token_of(user))


def calls(one: Caller, job: Job) -> Iterator[tuple[tuple[str, str], Any]]:
    for method, address in NEEDS:
        place = address.format(job=job.pk)
        answer = one.get(place) if method == "GET" else one.post(place, {"total": 1} if place == "/api/jobs" else None)
        yield (method, address), answer


@pytest.mark.parametrize("permission", ALL)
@pytest.mark.parametrize("door", ["session", "token"])
def test_each_permission_is_enough_for_its_act_and_for_nothing_else(permission: str, door: str, job: Job) -> None:
    one = caller("somebody", permission)
    one = by_token(one.user) if door == "token" else one
    for operation, answer in calls(one, job):
        if NEEDS[operation] == permission:
            assert answer.status in {200, 202, 409}, operation
        else:
            assert answer.problem == (403, "not_allowed"), operation
            assert NEEDS[operation] in answer.json["detail"]


@pytest.mark.parametrize("permission", [*ALL, None])
def test_who_may_not_see_users_gets_no_name_and_no_mail_by_any_door(permission: str | None, job: Job) -> None:
    granted = [one for one in (permission or "", *ALL) if one and one != "view_user"]
    one = caller("somebody", *granted)
    for _, answer in calls(one, job):
        assert "secret-requester" not in answer.text
        assert "@" not in answer.text
        assert '"user_' not in answer.text


def test_who_may_see_users_sees_who_asked(job: Job) -> None:
    one = caller("somebody", "view_job", "view_user")
    assert one.get(f"/api/jobs/{job.pk}").json["requested_by"] == "secret-requester"
    assert one.get("/api/jobs").json["items"][0]["requested_by"] == "secret-requester"


def test_a_job_from_a_shell_has_no_requester() -> None:
    start_job(total=2)
    assert caller("somebody", "view_job", "view_user").get("/api/jobs").json["items"][0]["requested_by"] is None


def test_a_stranger_is_told_how_to_come_in(job: Job) -> None:
    for _, answer in calls(Caller(), job):
        assert answer.problem == (401, "not_signed_in")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", [*BEARER.values(), "Bearer", "Bearer ", "Bearer \xe9", "Bearer a b"])
def test_a_token_that_is_wrong_is_refused_also_beside_a_good_session(header: str, job: Job) -> None:
    one = caller("somebody", *ALL)
    one.headers = {"Authorization": header}
    for _, answer in calls(one, job):
        assert answer.problem == (401, "not_signed_in")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Basic eDp5", "x"])
def test_a_header_for_a_proxy_in_between_leaves_the_session_to_decide(header: str, job: Job) -> None:
    signed_in = caller("somebody", "view_job")
    signed_in.headers = {"Authorization": header}
    assert signed_in.get("/api/jobs").status == 200
    assert Caller(headers={"Authorization": header}).get("/api/jobs").problem == (401, "not_signed_in")


def test_a_token_decides_alone_also_beside_a_session_that_may_more(job: Job) -> None:
    one = caller("somebody", *ALL)
    one.headers = token_of(person("program", "view_job"))
    assert one.get("/api/jobs").status == 200
    assert one.get("/api/users").problem == (403, "not_allowed")


def test_a_token_that_ran_out_or_was_revoked_is_refused() -> None:
    user = person("program", "view_job")
    long_ago = timezone.now() - datetime.timedelta(days=2)
    old = Caller(headers=token_of(user, clock=lambda: long_ago))
    revoked = by_token(user)
    tokens.revoke_token(token_id=Token.objects.latest("pk").pk)
    for one in (old, revoked):
        assert one.get("/api/jobs").problem == (401, "not_signed_in")


@pytest.mark.parametrize("door", ["session", "token"])
def test_who_is_no_longer_active_is_not_signed_in(door: str) -> None:
    one = caller("somebody", *ALL)
    one = by_token(one.user) if door == "token" else one
    assert one.get("/api/jobs").status == 200
    User.objects.filter(username="somebody").update(is_active=False)
    assert one.get("/api/jobs").problem == (401, "not_signed_in")


def strict(one: Caller) -> Caller:
    """The same session before a server that asks for CSRF."""
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.cookies = one.client.cookies
    return Caller(client=client)


def test_a_session_without_csrf_may_read_and_not_write(job: Job) -> None:
    one = strict(caller("somebody", *ALL))
    for (method, _), answer in calls(one, job):
        assert answer.status == 200 if method == "GET" else answer.problem == (403, "csrf")
    assert Job.objects.count() == 1


def test_a_session_with_the_header_may_write() -> None:
    one = strict(caller("somebody", "add_job"))
    one.client.cookies["csrftoken"] = "c" * 32
    assert one.post("/api/jobs", {"total": 1}, **{"X-CSRFToken": "d" * 32}).problem == (403, "csrf")
    assert one.post("/api/jobs", {"total": 1}, **{"X-CSRFToken": "c" * 32}).status == 202


def test_a_token_needs_no_csrf() -> None:
    assert by_token(person("program", "add_job")).post("/api/jobs", {"total": 1}).status == 202


def test_the_document_and_its_page_are_for_those_who_are_signed_in() -> None:
    for address in ("/api/docs", "/api/openapi.json"):
        assert Caller().get(address).problem == (401, "not_signed_in")
        page = Caller().get(address, Accept="text/html")
        assert (page.status, page.headers["Location"]) == (302, f"/accounts/login/?next={address}")
        assert caller(f"somebody{len(address)}").get(address).status == 200
        assert by_token(person(f"program{len(address)}")).get(address).status == 200
        assert Caller(headers=BEARER).get(address, Accept="text/html").problem == (401, "not_signed_in")
