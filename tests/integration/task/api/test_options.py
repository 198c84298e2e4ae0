"""What may be chosen for a job, as programs ask for it and see it."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission

from task.models import Job
from task.options import CHOICES, Options
from tests.support.caller import Caller, caller
from tests.support.stepping import finished

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

JOBS = "/api/jobs"
PASSWORD = "Correct-horse-7"


@pytest.fixture
def asker() -> Caller:
    return caller("asker", "add_job", "view_job", "view_user")


def ask(asker: Caller, **options: Any) -> Any:
    return asker.post(JOBS, {"total": 5, "options": options})


def test_everything_that_is_chosen_is_kept_and_shown(asker: Caller) -> None:
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
    answer = ask(asker, **chosen)
    assert (answer.status, answer.json["options"]) == (202, chosen)
    assert asker.get(f"{JOBS}/{answer.json['id']}").json["options"] == chosen
    assert Job.objects.get().options == Options(**chosen)


def test_a_job_shows_its_seed_to_who_may_see_the_names_that_follow_from_it(asker: Caller) -> None:
    job = finished(3)
    assert asker.get(f"{JOBS}/{job.pk}").json["options"]["seed"] == job.seed
    assert caller("viewer", "view_job").get(f"{JOBS}/{job.pk}").json["options"]["seed"] is None


@pytest.mark.parametrize("password", [PASSWORD, "12345", "Correct\0horse-7", 5, None, ["Correct-horse-7"]])
def test_a_shared_password_is_in_no_answer_and_in_no_log(
    asker: Caller, caplog: pytest.LogCaptureFixture, password: object
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = ask(asker, passwords="shared", shared_password=password)
    assert answer.status == (202 if password == PASSWORD else 422)
    for secret in (PASSWORD, "12345", "horse"):
        assert secret not in f"{answer.text}{asker.get(JOBS).text}{caplog.text}"


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
def test_an_option_that_cannot_be_had_is_said(asker: Caller, options: Any, field: str, detail: str) -> None:
    answer = ask(asker, **options)
    assert answer.problem == (422, "invalid")
    assert answer.json["errors"] == [{"field": f"options.{field}", "detail": detail}]
    assert not Job.objects.exists()


@pytest.mark.parametrize("unknown", [0, 999, 2**63 - 1])
def test_a_group_that_is_not_the_callers_to_give_is_said(asker: Caller, unknown: int) -> None:
    more = Group.objects.create(name="more")
    more.permissions.set(Permission.objects.filter(codename="delete_user"))
    for group in (more.pk, unknown):
        answer = ask(asker, groups=[group])
        assert answer.problem == (422, "invalid")
        assert answer.json["errors"][0]["field"] == "options.groups"
        assert answer.json["detail"].startswith(f"Group {group} cannot be given: choose groups that exist")


def test_the_validators_say_what_is_wrong_with_a_shared_password(asker: Caller) -> None:
    answer = ask(asker, passwords="shared", shared_password="12345678")
    assert answer.json["detail"] == "This password is too common. This password is entirely numeric."


def test_the_same_key_with_another_password_is_another_request(asker: Caller) -> None:
    def send(password: str) -> Any:
        body = {"total": 5, "options": {"passwords": "shared", "shared_password": password}}
        return asker.post(JOBS, body, **{"Idempotency-Key": "nightly"})

    assert send(PASSWORD).json["id"] == send(PASSWORD).json["id"]
    assert send(f"{PASSWORD}x").problem == (422, "request_id_reused")


def test_the_document_says_what_can_be_chosen_and_that_a_password_only_goes_in(asker: Caller) -> None:
    schemas = asker.get("/api/openapi.json").json["components"]["schemas"]
    wanted, shown = schemas["Options"]["properties"], schemas["OptionsShown"]["properties"]
    for name, choices in CHOICES.items():
        assert wanted[name]["enum"] == shown[name]["enum"] == list(choices)
    assert wanted["shared_password"]["writeOnly"]
    assert "shared_password" not in shown
