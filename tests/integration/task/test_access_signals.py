"""Which changes send a hint that a user's access has changed, and which send none."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from asgi_config.worker.cleanup import clean_up
from realtime import hints
from task import tokens
from task.jobs import actions, slices
from task.jobs.start import start_job
from task.models import Job, Token
from tests.support.layers import HeldLayer

pytestmark = pytest.mark.django_db(transaction=True)

User = get_user_model()


@pytest.fixture(autouse=True)
def layer(settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.support.layers.HeldLayer"}}


@pytest.fixture
def ann() -> Any:
    """A user with a permission of her own and one from a group, and with a session and a token."""
    group = Group.objects.create(name="watchers")
    group.permissions.set(Permission.objects.filter(codename="view_user"))
    ann = User.objects.create_user("ann")
    ann.groups.set([group])
    ann.user_permissions.set(Permission.objects.filter(codename="view_job"))
    Client().force_login(ann)
    tokens.make_token(user=ann, name="test", days=1)
    return ann


def hinted_users(change: Callable[[], object]) -> set[str | None]:
    """Returns the users that the hints of the change name; None stands for all."""
    channel_layer: Any = hints.layer()
    assert isinstance(channel_layer, HeldLayer)
    channel_layer.sent.clear()
    change()
    return {message["user"] for message in channel_layer.sent if message["type"] == hints.ACCESS_CHANGED}


def test_a_change_of_one_user_names_that_user(ann: Any) -> None:
    changes: dict[str, Callable[[], object]] = {
        "saved": ann.save,
        "permission removed": lambda: ann.user_permissions.remove(*Permission.objects.all()),
        "permissions cleared": ann.user_permissions.clear,
        "group removed": lambda: ann.groups.set([]),
        "session deleted": Session.objects.all().delete,
        "token revoked": lambda: tokens.revoke_token(token_id=Token.objects.get().pk),
        "deleted": ann.delete,
    }
    expected = {name: {str(ann.pk)} for name in changes}
    assert {name: hinted_users(change) for name, change in changes.items()} == expected


def test_a_change_of_a_group_or_a_permission_names_all_users(ann: Any) -> None:
    group, of_users = Group.objects.get(), ContentType.objects.get_for_model(User)
    permission = Permission.objects.create(codename="temporary", name="Only of this test", content_type=of_users)
    group.permissions.add(permission)
    changes: dict[str, Callable[[], object]] = {
        "members of a group removed": group.user_set.clear,
        "permission of a group removed": lambda: group.permissions.remove(permission),
        "group deleted": group.delete,
        "permission deleted": permission.delete,
    }
    assert {name: hinted_users(change) for name, change in changes.items()} == {name: {None} for name in changes}


def test_a_rolled_back_change_sends_no_hint(ann: Any) -> None:
    def roll_back() -> None:
        with transaction.atomic():
            ann.save()
            transaction.set_rollback(True)

    assert hinted_users(roll_back) == set()


def test_jobs_sign_ins_gained_rights_and_cleanup_send_no_hint(ann: Any) -> None:
    def make_and_remove() -> None:
        job = start_job(total=60).job
        slices.work(job_id=job.pk, task_id=job.lanes.get().task_id)
        actions.remove(job_id=job.pk)
        slices.work(job_id=job.pk, task_id=job.lanes.get().task_id)
        assert Job.objects.get().state == Job.State.REMOVED

    def expire() -> None:
        Session.objects.update(expire_date=timezone.now() - datetime.timedelta(days=1))
        clean_up()
        assert not Session.objects.exists()

    assert hinted_users(make_and_remove) == set()
    assert hinted_users(lambda: Client().force_login(ann)) == set()
    assert hinted_users(lambda: ann.user_permissions.add(Permission.objects.get(codename="add_job"))) == set()
    assert hinted_users(lambda: User.objects.create_user("bob")) == set()
    assert hinted_users(expire) == set()
