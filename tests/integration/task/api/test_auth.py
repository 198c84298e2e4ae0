"""Authentication in the API: a session with CSRF or a token, and one permission for each operation."""

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from task import tokens
from task.jobs import slices
from task.jobs.start import start_job
from task.models import Job, Token
from tests.support.clients.caller import ALL, Caller, caller, person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User = get_user_model()

# The permission of each operation. `{job}` is a finished job of another user.
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
    """Returns a caller with a token and no cookie, whose client checks CSRF."""
    return Caller(client=Client(raise_request_exception=False, enforce_csrf_checks=True), headers=token_of(user))


def call_all(api: Caller, job: Job) -> Iterator[tuple[tuple[str, str], Any]]:
    for method, address in NEEDS:
        path = address.format(job=job.pk)
        answer = api.get(path) if method == "GET" else api.post(path, {"total": 1} if path == "/api/jobs" else None)
        yield (method, address), answer


@pytest.mark.parametrize("permission", ALL)
@pytest.mark.parametrize("auth", ["session", "token"])
def test_each_permission_allows_its_operation_and_no_other(permission: str, auth: str, job: Job) -> None:
    api = caller("ann", permission)
    api = by_token(api.user) if auth == "token" else api
    for operation, answer in call_all(api, job):
        if NEEDS[operation] == permission:
            assert answer.status in {200, 202, 409}, operation
        else:
            assert answer.problem == (403, "not_allowed"), operation
            assert NEEDS[operation] in answer.json["detail"]


@pytest.mark.parametrize("permission", [*ALL, None])
def test_without_view_user_no_response_has_a_name_or_an_email_address(permission: str | None, job: Job) -> None:
    granted = [name for name in (permission or "", *ALL) if name and name != "view_user"]
    api = caller("ann", *granted)
    for _, answer in call_all(api, job):
        assert "secret-requester" not in answer.text
        assert "@" not in answer.text
        assert '"user_' not in answer.text


def test_with_view_user_a_job_shows_its_requester(job: Job) -> None:
    api = caller("ann", "view_job", "view_user")
    assert api.get(f"/api/jobs/{job.pk}").json["requested_by"] == "secret-requester"
    assert api.get("/api/jobs").json["items"][0]["requested_by"] == "secret-requester"


def test_a_job_from_a_shell_has_no_requester() -> None:
    start_job(total=2)
    assert caller("ann", "view_job", "view_user").get("/api/jobs").json["items"][0]["requested_by"] is None


def test_a_request_without_a_sign_in_gets_401_with_the_scheme(job: Job) -> None:
    for _, answer in call_all(Caller(), job):
        assert answer.problem == (401, "not_signed_in")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", [*BEARER.values(), "Bearer", "Bearer ", "Bearer \xe9", "Bearer a b"])
def test_an_invalid_token_is_refused_even_with_a_valid_session(header: str, job: Job) -> None:
    api = caller("ann", *ALL)
    api.headers = {"Authorization": header}
    for _, answer in call_all(api, job):
        assert answer.problem == (401, "not_signed_in")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Basic eDp5", "x"])
def test_an_authorization_header_of_another_scheme_is_ignored(header: str, job: Job) -> None:
    signed_in = caller("ann", "view_job")
    signed_in.headers = {"Authorization": header}
    assert signed_in.get("/api/jobs").status == 200
    assert Caller(headers={"Authorization": header}).get("/api/jobs").problem == (401, "not_signed_in")


def test_a_token_takes_precedence_over_a_session_with_more_permissions(job: Job) -> None:
    api = caller("ann", *ALL)
    api.headers = token_of(person("program", "view_job"))
    assert api.get("/api/jobs").status == 200
    assert api.get("/api/users").problem == (403, "not_allowed")


def test_an_expired_or_revoked_token_is_refused() -> None:
    user = person("program", "view_job")
    long_ago = timezone.now() - datetime.timedelta(days=2)
    old = Caller(headers=token_of(user, clock=lambda: long_ago))
    revoked = by_token(user)
    tokens.revoke_token(token_id=Token.objects.latest("pk").pk)
    for api in (old, revoked):
        assert api.get("/api/jobs").problem == (401, "not_signed_in")


@pytest.mark.parametrize("auth", ["session", "token"])
def test_an_inactive_user_is_refused(auth: str) -> None:
    api = caller("ann", *ALL)
    api = by_token(api.user) if auth == "token" else api
    assert api.get("/api/jobs").status == 200
    User.objects.filter(username="ann").update(is_active=False)
    assert api.get("/api/jobs").problem == (401, "not_signed_in")


def with_csrf_checks(api: Caller) -> Caller:
    """Returns a caller with the same session, whose client checks CSRF."""
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.cookies = api.client.cookies
    return Caller(client=client)


def test_a_session_without_the_csrf_header_can_read_but_not_write(job: Job) -> None:
    api = with_csrf_checks(caller("ann", *ALL))
    for (method, _), answer in call_all(api, job):
        assert answer.status == 200 if method == "GET" else answer.problem == (403, "csrf")
    assert Job.objects.count() == 1


def test_a_session_with_the_csrf_header_can_write() -> None:
    api = with_csrf_checks(caller("ann", "add_job"))
    api.client.cookies[settings.CSRF_COOKIE_NAME] = "c" * 32
    assert api.post("/api/jobs", {"total": 1}, **{"X-CSRFToken": "d" * 32}).problem == (403, "csrf")
    assert api.post("/api/jobs", {"total": 1}, **{"X-CSRFToken": "c" * 32}).status == 202


def test_a_token_needs_no_csrf() -> None:
    assert by_token(person("program", "add_job")).post("/api/jobs", {"total": 1}).status == 202


def test_the_openapi_document_and_its_page_need_a_sign_in() -> None:
    for address in ("/api/docs", "/api/openapi.json"):
        assert Caller().get(address).problem == (401, "not_signed_in")
        page = Caller().get(address, Accept="text/html")
        assert (page.status, page.headers["Location"]) == (302, f"/accounts/login/?next={address}")
        assert caller(f"ann{len(address)}").get(address).status == 200
        assert by_token(person(f"program{len(address)}")).get(address).status == 200
        assert Caller(headers=BEARER).get(address, Accept="text/html").problem == (401, "not_signed_in")
