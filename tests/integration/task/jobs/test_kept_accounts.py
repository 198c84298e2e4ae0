"""Accounts that an undo keeps: those in use, and those that the job did not make."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.db.models import PROTECT
from django.test import Client
from django.utils import timezone

from task.accounts import passwords
from task.jobs import removal, slices
from task.jobs.verification import verify
from task.models import Job
from task.tokens import make_token
from tests.support import stepping

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User: Any = get_user_model()
HOUR = datetime.timedelta(hours=1)

# Each way to use an account, by the reason that the preview shows.
USES: dict[str, Callable[[Any], object]] = {
    "signed in": lambda user: User.objects.filter(pk=user.pk).update(last_login=timezone.now()),
    "password changed": lambda user: (user.set_password("of its own"), user.save()),
    "made staff": lambda user: User.objects.filter(pk=user.pk).update(is_staff=True),
    "made superuser": lambda user: User.objects.filter(pk=user.pk).update(is_superuser=True),
    "given groups": lambda user: user.groups.add(*[Group.objects.create(name=name) for name in ("a", "b")]),
    "given permissions": lambda user: user.user_permissions.set(Permission.objects.all()[:3]),
    "given a token": lambda user: make_token(user=user, name="of a program", days=1),
}


def some_user(job: Job, number: int = 1) -> Any:
    return User.objects.get(account__job=job, account__number=number)


@pytest.mark.parametrize("reason", USES)
def test_an_account_in_use_is_kept_with_the_reason(reason: str) -> None:
    job = stepping.finished(5)
    user = some_user(job)
    USES[reason](user)
    preview = removal.preview(job)
    assert (preview.removes, preview.kept, dict(preview.keeps)) == (4, 1, {reason: 1})
    job = stepping.remove_all(job)
    assert list(User.objects.all()) == [user]
    assert (job.state, removal.preview(job).removes) == ("removed", 0)
    assert verify(job).problems == []


def test_an_account_that_other_data_protects_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    relation: Any = LogEntry._meta.get_field("user")
    monkeypatch.setattr(relation.remote_field, "on_delete", PROTECT)
    job = stepping.finished(5)
    user = some_user(job)
    LogEntry.objects.create(user=user, action_flag=ADDITION)
    assert removal.preview(job) == removal.Preview(4, {"needed by other data": 1})
    job = stepping.remove_all(job)
    assert (job.state, list(User.objects.all())) == ("removed", [user])


def test_an_account_with_two_reasons_counts_once() -> None:
    job = stepping.finished(5)
    for use in USES.values():
        use(some_user(job))
    assert removal.preview(job) == removal.Preview(4, {"signed in": 1})


def test_an_account_is_kept_after_a_real_sign_in() -> None:
    job = stepping.finished(3)
    user = some_user(job)
    password = passwords.Deriver.of_job(settings.SECRET_KEY, bytes(job.nonce)).password(user.get_username())
    assert Client().login(username=user.get_username(), password=password)
    stepping.remove_all(job)
    assert list(User.objects.all()) == [user]


def test_an_account_that_signs_in_during_the_removal_is_kept() -> None:
    job, task_id = stepping.removing(10)
    stepping.remove_some(job, task_id, 4)
    late = some_user(job, 5)
    USES["signed in"](late)
    slices.work(job_id=job.pk, task_id=task_id, seconds=60)
    assert list(User.objects.all()) == [late]


def test_sessions_and_accounts_of_other_jobs_are_not_removed() -> None:
    other_job = stepping.finished(5)
    Session.objects.create(session_key="k", session_data="", expire_date=timezone.now() + HOUR)
    stepping.remove_all(stepping.finished(5))
    assert (User.objects.count(), other_job.accounts.count(), Session.objects.count()) == (5, 5, 1)
