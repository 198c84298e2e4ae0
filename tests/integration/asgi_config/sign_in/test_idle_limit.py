"""Sessions of staff and superusers end when they are idle, and two weeks after their sign-in."""

import datetime
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from asgi_config.sign_in.idle_limit import BEGAN, SEEN, WRITES
from tests.support.clients.visiting import visit

pytestmark = pytest.mark.django_db

User = get_user_model()
PAGE = "/accounts/password/"
TWO_WEEKS = 14 * 24 * 3600


@pytest.fixture(autouse=True)
def an_hour(settings: Settings) -> None:
    settings.SIGN_IN_IDLE_MINUTES = 60


def seconds_left(client: Client) -> float:
    """Of the session in the database, after a request."""
    assert client.get(PAGE).status_code == 200
    left: datetime.timedelta = Session.objects.get().expire_date - timezone.now()
    return left.total_seconds()


def make_older(client: Client, **values: float) -> None:
    session: Any = client.session
    for key, seconds in values.items():
        session[key] -= seconds
    session.save()


@pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
def test_a_session_of_staff_or_a_superuser_ends_after_the_idle_time(flag: str) -> None:
    client = visit(User.objects.create(username="boss", **{flag: True}))
    assert 3_500 < seconds_left(client) <= 3_600
    Session.objects.update(expire_date=timezone.now())
    assert client.get(PAGE)["Location"] == f"/accounts/login/?next={PAGE}"


def test_the_limit_begins_with_the_sign_in() -> None:
    """A cookie that was copied and never used would otherwise last two weeks."""
    visit(User.objects.create_superuser("boss"))
    assert Session.objects.get().expire_date < timezone.now() + datetime.timedelta(hours=1)


def test_another_session_lasts_two_weeks() -> None:
    assert seconds_left(visit(User.objects.create(username="ann"))) > TWO_WEEKS - 100


def test_a_request_renews_the_time_and_writes_seldom() -> None:
    client = visit(User.objects.create_superuser("boss"))
    seconds_left(client)
    before = client.session[SEEN]
    seconds_left(client)
    assert client.session[SEEN] == before
    make_older(client, **{SEEN: 3_600 / WRITES + 1})
    Session.objects.update(expire_date=timezone.now() + datetime.timedelta(seconds=100))
    assert seconds_left(client) > 3_500


def test_a_user_who_is_promoted_gets_the_limit_with_the_next_request() -> None:
    ann = User.objects.create(username="ann")
    client = visit(ann)
    seconds_left(client)
    User.objects.filter(pk=ann.pk).update(is_superuser=True)
    assert seconds_left(client) <= 3_600


def test_requests_do_not_keep_a_session_longer_than_two_weeks() -> None:
    client = visit(User.objects.create_superuser("boss"))
    seconds_left(client)
    make_older(client, **{SEEN: TWO_WEEKS - 60, BEGAN: TWO_WEEKS - 60})
    assert seconds_left(client) <= 60


def test_a_second_sign_in_of_the_same_user_begins_anew() -> None:
    boss = User.objects.create_superuser("boss")
    client = visit(boss)
    seconds_left(client)
    make_older(client, **{SEEN: TWO_WEEKS - 60, BEGAN: TWO_WEEKS - 60})
    client.force_login(boss)
    assert client.get(PAGE).status_code == 200
    assert client.session.get_expiry_age() > 3_500
    assert configured.SESSION_COOKIE_AGE == TWO_WEEKS
