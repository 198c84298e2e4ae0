"""The options of the job form, as a browser without JavaScript sees them."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from task.models import Job
from task.options import Options
from task.pages.option_fields import NOT_GIVABLE
from tests.support.clients.visiting import person, request_id_on, text_of, visit
from tests.support.job_states import operator_visit
from tests.support.stepping import finished

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

GENERATE = "/generate/"
PASSWORD = "Correct-horse-7"


@pytest.fixture
def requester() -> Client:
    return visit(person("requester", "add_job", "view_user"))


def submit(client: Client, **chosen: Any) -> Any:
    return client.post(GENERATE, {"total": 50, "request_id": uuid4(), **chosen})


def tags(response: Any, name: str) -> list[str]:
    """Returns the tags of the controls with that name."""
    found = re.findall(r"<(?:input|select)[^>]*>", response.content.decode())
    return [tag for tag in found if f'name="{name}"' in tag]


def is_open(response: Any) -> bool:
    return re.search(r'<details class="options"[^>]*\sopen', response.content.decode()) is not None


def focused(response: Any) -> list[str]:
    found = re.findall(r"<(?:input|select)[^>]*\sautofocus[^>]*>", response.content.decode())
    return [name for tag in found for name in re.findall(r'name="(\w+)"', tag)]


def test_a_new_form_has_closed_options_with_defaults(requester: Client) -> None:
    response = requester.get(GENERATE)
    assert "Options: random names, a different password each, no automatic removal" in text_of(response)
    assert not is_open(response)
    assert focused(response) == ["total"]
    for name in ("names", "passwords", "hashing"):
        assert [" checked" in tag for tag in tags(response, name)] == [True, False]


def test_a_form_with_only_a_total_gets_the_defaults(requester: Client) -> None:
    submit(requester)
    assert Job.objects.get().options == Options()


def test_all_chosen_options_are_in_the_job(requester: Client) -> None:
    group = Group.objects.create(name="demo")
    submit(
        requester,
        names="realistic",
        locale="pl",
        passwords="individual",
        hashing="full",
        groups=[group.pk],
        is_inactive="on",
        seed="42",
        remove_after_hours="24",
    )
    job = Job.objects.get()
    assert job.seed == 42
    assert job.options == Options(
        names="realistic",
        locale="pl",
        hashing="full",
        groups=(group.pk,),
        is_active=False,
        seed=42,
        remove_after_hours=24,
    )


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("seed", "x", "Enter a whole number, or leave it empty for new names."),
        ("seed", "9" * 5_000, "Enter a whole number, or leave it empty for new names."),
        ("seed", "-1", "A seed is a whole number from 0 to"),
        ("names", "funny", "Choose one of the listed values."),
        ("locale", "xx", "Choose one of the listed values."),
        ("hashing", "none", "Choose one of the listed values."),
        ("passwords", "none", "Choose one of the listed values."),
        ("remove_after_hours", "7", "Choose one of the listed values."),
        ("groups", "999", NOT_GIVABLE),
        ("groups", "x", NOT_GIVABLE),
        ("shared_password", PASSWORD, "Give a password for all accounts, or let each have its own."),
    ],
)
def test_an_invalid_option_opens_the_options_and_has_the_focus(
    requester: Client, field: str, value: str, reason: str
) -> None:
    Group.objects.create(name="demo")
    response = submit(requester, **{field: value})
    assert reason in text_of(response)
    assert is_open(response)
    assert set(focused(response)) == {field}
    assert not Job.objects.exists()


def test_an_error_in_the_total_keeps_the_options_closed_and_unchanged(requester: Client) -> None:
    group = Group.objects.create(name="demo")
    chosen = {"names": "realistic", "locale": "de", "hashing": "full", "groups": group.pk, "seed": "42"}
    response = submit(requester, total=49, is_inactive="on", remove_after_hours="168", **chosen)
    assert not is_open(response)
    assert focused(response) == ["total"]
    words = "realistic German names, a different password each, full hashing, 1 group, inactive, seed 42, removed after"
    assert f"Options: {words}" in text_of(response)
    for name in ("names", "hashing", "groups", "is_inactive"):
        assert " checked" in tags(response, name)[-1], name
    assert 'value="42"' in tags(response, "seed")[0]
    assert re.search(r'value="de"\s+selected', response.content.decode())


@pytest.mark.parametrize("values", [{"total": 49}, {"seed": "x"}, {"shared_password": "12345"}, {"request_id": ""}])
def test_a_form_with_an_error_keeps_everything_except_the_password(requester: Client, values: dict[str, Any]) -> None:
    response = submit(requester, **{"passwords": "shared", "shared_password": PASSWORD, **values})
    assert " checked" in tags(response, "passwords")[1]
    assert "value=" not in tags(response, "shared_password")[0]
    assert PASSWORD not in response.content.decode()
    assert 'autocomplete="new-password"' in tags(response, "shared_password")[0]
    assert is_open(response)
    if "shared_password" not in values:
        assert "Type the password again. The form does not keep it." in text_of(response)


def test_a_reused_request_id_with_other_values_keeps_every_option(requester: Client) -> None:
    request_id = uuid4()
    groups = [Group.objects.create(name=name).pk for name in ("demo", "qa")]
    submit(requester, request_id=request_id)
    response = submit(requester, request_id=request_id, groups=groups, names="realistic")
    assert "This form already started a job with other values." in text_of(response)
    assert [" checked" in tag for tag in tags(response, "groups")] == [True, True]
    submit(requester, request_id=request_id_on(response), groups=groups, names="realistic")
    assert Job.objects.latest("pk").options == Options(names="realistic", groups=tuple(groups))


def test_a_weak_shared_password_is_refused_with_all_reasons(requester: Client) -> None:
    response = submit(requester, passwords="shared", shared_password="12345678")
    assert "This password is too common. This password is entirely numeric." in text_of(response)
    assert focused(response) == ["shared_password"]


def test_spaces_are_part_of_a_shared_password(requester: Client) -> None:
    submit(requester, passwords="shared", shared_password=f" {PASSWORD} ")
    job = Job.objects.get()
    assert job.shared_hash
    user = User(username="x", password=job.shared_hash)
    assert user.check_password(f" {PASSWORD} ")
    assert not user.check_password(PASSWORD)


def test_only_groups_that_the_user_may_give_are_offered_and_accepted(requester: Client) -> None:
    assert "Groups" not in text_of(requester.get(GENERATE))
    own, more = Group.objects.create(name="own"), Group.objects.create(name="more than theirs")
    own.permissions.set(Permission.objects.filter(codename="view_logentry"))
    more.permissions.set(Permission.objects.filter(codename="delete_logentry"))
    User.objects.get(username="requester").user_permissions.add(*own.permissions.all())
    response = requester.get(GENERATE)
    assert re.findall(r'value="(\d+)"', "".join(tags(response, "groups"))) == [str(own.pk)]
    assert more.name not in text_of(response)
    assert "Choose groups from the list" in text_of(submit(requester, groups=[more.pk]))
    assert not Job.objects.exists()


def test_a_hostile_group_name_is_escaped(requester: Client) -> None:
    group = Group.objects.create(name="<img src=x onerror=alert(1)>")
    job = finished(3, options=Options(groups=(group.pk,)))
    for response in (requester.get(GENERATE), operator_visit().get(f"/jobs/{job.pk}/")):
        assert "<img src=x" not in response.content.decode()
        assert "&lt;img src=x" in response.content.decode()


def test_the_form_estimates_the_time_of_full_hashing(requester: Client) -> None:
    estimate = r"Full hashing takes about [\d.]+ (s|min) \(500 \u00d7 0\.\d+ s on 1 worker process\)"
    assert re.search(estimate, text_of(requester.get(GENERATE)))
    assert re.search(estimate.replace("500", "60"), text_of(submit(requester, total=60, seed="x")))
    assert re.search(r"Full hashing takes 0\.\d+ s per account", text_of(submit(requester, total="many")))


def test_the_job_page_shows_the_chosen_options() -> None:
    group = Group.objects.create(name="demo")
    job = finished(3, options=Options(names="realistic", locale="es", groups=(group.pk,), is_active=False, seed=42))
    operator = operator_visit()
    page = text_of(operator.get(f"/jobs/{job.pk}/"))
    words = "Realistic Spanish names, a different password each, in group demo, inactive."
    assert f"{words} Seed 42 gives the same names again." in page
    group.delete()
    assert "a different password each, inactive." in text_of(operator.get(f"/jobs/{job.pk}/"))


def test_without_view_user_the_job_page_has_no_seed() -> None:
    job = finished(3, options=Options(seed=424_242))
    page = visit(person("job-viewer", "view_job")).get(f"/jobs/{job.pk}/")
    assert "Random names, a different password each." in text_of(page)
    assert "424242" not in page.content.decode()
