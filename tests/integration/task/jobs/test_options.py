"""Rules for the options of a job, which the pages, the API and the command line share."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import Group, Permission
from pytest_django import Settings

from task.accounts import groups
from task.jobs.start import RequestIdReused, start_job
from task.models import Job
from task.options import Options, UnusableOption
from tests.support.clients.caller import person
from tests.support.stepping import finished

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User = get_user_model()
PASSWORD = "Correct-horse-7"
SHARED = Options(passwords="shared", shared_password=PASSWORD)


class RecordingHasher(MD5PasswordHasher):
    """Records the passwords that it hashes."""

    algorithm = "counting"
    hashed: list[str] = []

    def encode(self, password: str, salt: str) -> str:
        self.hashed.append(password)
        return super().encode(password, salt)


def group_of(name: str, *permissions: str) -> Group:
    group = Group.objects.create(name=name)
    group.permissions.set(Permission.objects.filter(codename__in=permissions))
    return group


def refused(**values: Any) -> tuple[str, str]:
    with pytest.raises(UnusableOption) as error:
        start_job(total=5, **values)
    assert not Job.objects.exists()
    return error.value.name, str(error.value)


def test_a_user_may_give_only_groups_whose_permissions_they_hold() -> None:
    requester = person("requester", "add_job", "view_logentry")
    powerless, own = group_of("powerless"), group_of("own", "view_logentry")
    group_of("more", "view_logentry", "delete_logentry")
    assert groups.givable(requester) == [own, powerless]
    assert [group.name for group in groups.givable(User(is_superuser=True, is_active=True))] == [
        "more",
        "own",
        "powerless",
    ]
    assert len(groups.givable(None)) == 3


def test_a_group_with_permissions_that_the_requester_lacks_is_refused() -> None:
    requester, more = person("requester", "add_job"), group_of("more", "delete_logentry")
    message = f"Group {more.pk} cannot be given: {groups.LIMITS}"
    assert refused(requested_by=requester, options=Options(groups=(more.pk,))) == ("groups", message)


@pytest.mark.parametrize("unknown", [0, -1, 999, 2**63 - 1, 2**70])
def test_an_unknown_group_is_refused(unknown: int) -> None:
    message = groups.UNKNOWN.format(group=unknown)
    assert refused(options=Options(groups=(unknown,))) == ("groups", message)


@pytest.mark.parametrize("codename", ["view_user", "add_group", "view_permission", "add_job", "view_feedhead"])
def test_no_person_may_give_a_group_with_rights_over_users_groups_or_jobs(codename: str) -> None:
    group, boss = group_of("group", codename), User.objects.create_superuser("boss")
    assert group not in groups.givable(boss) + groups.givable(None)
    assert refused(options=Options(groups=(group.pk,))) == ("groups", groups.UNKNOWN.format(group=group.pk))
    message = groups.NOT_GIVEN.format(group=group.pk)
    assert refused(requested_by=boss, options=Options(groups=(group.pk,))) == ("groups", message)


def test_accounts_join_their_groups_and_are_neither_staff_nor_superusers() -> None:
    qa, demo = group_of("qa", "view_logentry"), group_of("demo")
    group_of("other")
    finished(5, options=Options(groups=(qa.pk, demo.pk), is_active=False))
    for user in User.objects.all():
        assert {group.name for group in user.groups.all()} == {"qa", "demo"}
        assert (user.is_active, user.is_staff, user.is_superuser) == (False, False, False)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("12345", "too short"),
        ("password", "too common"),
        ("8465217390", "entirely numeric"),
        ("Correct\0horse-7", "typed in one line"),
        ("Correct\nhorse-7", "typed in one line"),
        ("Correct\ud800horse-7", "typed in one line"),
        ("aB3-" * 251, "1,000 characters or fewer"),
        ("", "Give a password for all accounts"),
    ],
)
def test_an_unusable_shared_password_is_refused(password: str, reason: str) -> None:
    name, message = refused(options=Options(passwords="shared", shared_password=password))
    assert name == "shared_password"
    assert reason in message


def test_accounts_sign_in_with_the_shared_password_hashed_at_full_strength() -> None:
    finished(3, options=SHARED)
    assert len(set(User.objects.values_list("password", flat=True))) == 1
    for user in User.objects.all():
        assert not user.password.startswith("pbkdf2_sha256$1$")
        assert authenticate(username=user.get_username(), password=PASSWORD) == user


def test_a_repeated_request_with_another_shared_password_is_refused() -> None:
    request_id = uuid4()
    first = start_job(total=5, request_id=request_id, options=SHARED)
    again = start_job(total=5, request_id=request_id, options=SHARED)
    assert (first.is_new, again.is_new, again.job.pk) == (True, False, first.job.pk)
    other = Options(passwords="shared", shared_password=PASSWORD + "x")
    with pytest.raises(RequestIdReused):
        start_job(total=5, request_id=request_id, options=other)


def test_a_repeated_request_with_other_values_costs_no_hash(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.RecordingHasher"]
    request_id = uuid4()
    start_job(total=5, request_id=request_id, options=SHARED)
    before = RecordingHasher.hashed.copy()
    with pytest.raises(RequestIdReused):
        start_job(total=6, request_id=request_id, options=SHARED)
    assert RecordingHasher.hashed == before


def test_a_repeated_request_checks_no_permission_again() -> None:
    requester, own, request_id = person("requester", "add_job"), group_of("own"), uuid4()
    arguments: Any = {
        "total": 5,
        "requested_by": requester,
        "request_id": request_id,
        "options": Options(groups=(own.pk,)),
    }
    first = start_job(**arguments)
    own.delete()
    assert start_job(**arguments).job.pk == first.job.pk


def test_the_seed_of_a_job_gives_the_same_names_again() -> None:
    names = []
    for seed in (None, Job.objects.first):
        options = Options(names="realistic", seed=seed().seed if seed else None)  # type: ignore[union-attr]
        job = finished(20, options=options)
        names.append(sorted(User.objects.values_list("username", "first_name", "email")))
        job.accounts.all().delete()
        User.objects.all().delete()
    assert names[0] == names[1]
