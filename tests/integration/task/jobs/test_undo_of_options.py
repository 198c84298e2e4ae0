"""Undo distinguishes what a job's options gave its accounts from later changes."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from task.accounts.passwords import Deriver
from task.jobs import removal, slices
from task.models import Job
from task.options import FULL, REALISTIC, SHARED, Options
from tests.support import stepping
from tests.support.stepping import finished, remove_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User: Any = get_user_model()
TYPED = "a password that somebody typed"
CHOICES: dict[str, dict[str, Any]] = {
    "full strength": {"hashing": FULL},
    "shared": {"passwords": SHARED, "shared_password": TYPED},
    "inactive": {"is_active": False},
    "grouped": {"groups": True},
    "all at once": {"names": REALISTIC, "hashing": FULL, "is_active": False, "groups": True},
}


@pytest.fixture(params=CHOICES)
def job(request: pytest.FixtureRequest) -> Job:
    chosen = dict(CHOICES[request.param])
    if chosen.pop("groups", False):
        chosen["groups"] = tuple(Group.objects.create(name=name).pk for name in ("testers", "readers"))
    return finished(60, options=Options(**chosen))


def some_user(job: Job, number: int = 1) -> Any:
    return User.objects.get(account__job=job, account__number=number)


def password_of(job: Job, user: Any) -> str:
    if job.options.passwords == SHARED:
        return TYPED
    return Deriver.of_job(settings.SECRET_KEY, bytes(job.nonce)).password(user.username)


def sign_in(job: Job, user: Any) -> bool:
    return Client().login(username=user.username, password=password_of(job, user))


def change_password(user: Any) -> None:
    user.set_password("of its own")
    user.save()


def test_accounts_have_the_chosen_options(job: Job) -> None:
    options = job.options
    assert set(User.objects.values_list("is_active", flat=True)) == {options.is_active}
    assert not User.objects.filter(is_staff=True).exists()
    assert not User.objects.filter(is_superuser=True).exists()
    assert set(some_user(job).groups.values_list("pk", flat=True)) == set(options.groups)
    assert sign_in(job, some_user(job)) is options.is_active


def test_unused_accounts_are_removed(job: Job) -> None:
    assert removal.preview(job) == removal.Preview(60, {})
    assert remove_all(job).state == "removed"
    assert not User.objects.exists()
    assert not User.groups.through.objects.exists()


CHANGES: dict[str, Callable[[Any], object]] = {
    "password changed": change_password,
    "given groups": lambda user: user.groups.add(Group.objects.create(name="of somebody else")),
}


@pytest.mark.parametrize("reason", CHANGES)
def test_an_account_in_use_is_kept_with_the_reason(job: Job, reason: str) -> None:
    user = some_user(job)
    CHANGES[reason](user)
    assert removal.preview(job) == removal.Preview(59, {reason: 1})
    remove_all(job)
    assert list(User.objects.all()) == [user]


def test_an_account_with_a_sign_in_is_kept(job: Job) -> None:
    """Also an inactive account after a try with the right password, because its upgraded hash is a sign of use."""
    user = some_user(job)
    is_signed_in = sign_in(job, user)
    is_upgraded = User.objects.get(pk=user.pk).password != user.password
    remove_all(job)
    assert list(User.objects.all()) == ([user] if is_signed_in or is_upgraded else [])


def test_an_account_that_left_a_group_of_its_job_is_removed() -> None:
    """Fewer groups than the job gave are no sign of use."""
    group = Group.objects.create(name="testers")
    job = finished(2, options=Options(groups=(group.pk,)))
    some_user(job).groups.clear()
    remove_all(job)
    assert not User.objects.exists()


def test_a_group_that_is_deleted_before_the_work_is_skipped() -> None:
    group = Group.objects.create(name="testers")
    job, task_id = stepping.queued(3, options=Options(groups=(group.pk,)))
    group.delete()
    slices.work(job_id=job.pk, task_id=task_id, seconds=60)
    job = stepping.now(job)
    assert (job.state, User.groups.through.objects.count()) == ("finished", 0)
