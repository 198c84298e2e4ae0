"""Options of a job in the API: requests, responses and errors."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission

from task.models import Job
from task.options import CHOICES, Options
from tests.support.clients.caller import Caller, caller
from tests.support.stepping import finished

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

JOBS = "/api/jobs"
PASSWORD = "Correct-horse-7"


@pytest.fixture
def requester() -> Caller:
    return caller("requester", "add_job", "view_job", "view_user")


def request_job(requester: Caller, **options: Any) -> Any:
    return requester.post(JOBS, {"total": 5, "options": options})


def test_all_options_are_stored_and_returned(requester: Caller) -> None:
    group = Group.objects.create(name="demo")
    chosen: dict[str, Any] = {
        "remove_after_hours": 24,
        "names": "realistic",
        "locale": "fr",
        "seed": 2**53 - 1,
        "passwords": "individual",
        "hashing": "full",
        "groups": [group.pk],
        "is_active": False,
    }
    answer = request_job(requester, **chosen)
    assert (answer.status, answer.json["options"]) == (202, chosen)
    assert requester.get(f"{JOBS}/{answer.json['id']}").json["options"] == chosen
    assert Job.objects.get().options == Options(**chosen)


def test_the_seed_is_visible_only_with_view_user(requester: Caller) -> None:
    job = finished(3)
    assert requester.get(f"{JOBS}/{job.pk}").json["options"]["seed"] == job.seed
    assert caller("viewer", "view_job").get(f"{JOBS}/{job.pk}").json["options"]["seed"] is None


@pytest.mark.parametrize("password", [PASSWORD, "12345", "Correct\0horse-7", 5, None, ["Correct-horse-7"]])
def test_a_shared_password_is_in_no_response_and_in_no_log(
    requester: Caller, caplog: pytest.LogCaptureFixture, password: object
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = request_job(requester, passwords="shared", shared_password=password)
    assert answer.status == (202 if password == PASSWORD else 422)
    for secret in (PASSWORD, "12345", "horse"):
        assert secret not in f"{answer.text}{requester.get(JOBS).text}{caplog.text}"


@pytest.mark.parametrize(
    ("options", "field", "detail"),
    [
        ({"names": "funny"}, "names", "Choose one of random, realistic."),
        ({"names": 5}, "names", "options.names must be text."),
        ({"locale": "xx"}, "locale", "Choose one of mixed, de, en, es, fr, pl."),
        ({"hashing": "\0"}, "hashing", "Choose one of light, full."),
        ({"seed": -1}, "seed", f"A seed is a whole number from 0 to {2**53 - 1}."),
        ({"seed": 10**40}, "seed", f"A seed is a whole number from 0 to {2**53 - 1}."),
        ({"seed": "1"}, "seed", "options.seed must be a whole number."),
        ({"is_active": "yes"}, "is_active", "options.is_active must be true or false."),
        ({"groups": 5}, "groups", "options.groups must be a list."),
        ({"groups": ["1"]}, "groups.0", "options.groups.0 must be a whole number."),
        ({"passwords": "shared"}, "shared_password", "Give a password for all accounts, or let each have its own."),
        (
            {"shared_password": PASSWORD},
            "shared_password",
            "Give a password for all accounts, or let each have its own.",
        ),
        ({"is_staff": True}, "is_staff", "options.is_staff is not a known field."),
        ({"is_superuser": True}, "is_superuser", "options.is_superuser is not a known field."),
    ],
)
def test_an_invalid_option_is_refused_with_its_field(requester: Caller, options: Any, field: str, detail: str) -> None:
    answer = request_job(requester, **options)
    assert answer.problem == (422, "invalid")
    assert answer.json["errors"] == [{"field": f"options.{field}", "detail": detail}]
    assert not Job.objects.exists()


@pytest.mark.parametrize("unknown", [0, 999, 2**63 - 1])
def test_a_group_that_the_caller_may_not_give_is_refused(requester: Caller, unknown: int) -> None:
    more = Group.objects.create(name="more")
    more.permissions.set(Permission.objects.filter(codename="delete_user"))
    for group in (more.pk, unknown):
        answer = request_job(requester, groups=[group])
        assert answer.problem == (422, "invalid")
        assert answer.json["errors"][0]["field"] == "options.groups"
        assert answer.json["detail"].startswith(f"Group {group} cannot be given: choose groups that exist")


def test_a_weak_shared_password_is_refused_with_all_reasons(requester: Caller) -> None:
    answer = request_job(requester, passwords="shared", shared_password="12345678")
    assert answer.json["detail"] == "This password is too common. This password is entirely numeric."


def test_a_repeated_key_with_another_password_is_refused(requester: Caller) -> None:
    def send(password: str) -> Any:
        body = {"total": 5, "options": {"passwords": "shared", "shared_password": password}}
        return requester.post(JOBS, body, **{"Idempotency-Key": "nightly"})

    assert send(PASSWORD).json["id"] == send(PASSWORD).json["id"]
    assert send(f"{PASSWORD}x").problem == (422, "request_id_reused")


def test_the_document_lists_all_choices_and_the_password_is_write_only(requester: Caller) -> None:
    schemas = requester.get("/api/openapi.json").json["components"]["schemas"]
    wanted, shown = schemas["Options"]["properties"], schemas["OptionsShown"]["properties"]
    for name, choices in CHOICES.items():
        assert wanted[name]["enum"] == shown[name]["enum"] == list(choices)
    assert wanted["shared_password"]["writeOnly"]
    assert "shared_password" not in shown
