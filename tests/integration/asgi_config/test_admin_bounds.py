"""The admin's deletions of many rows: bounded, with an undo as the way for the accounts of a job."""

import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from asgi_config import admin as bounds
from task import admin as task_admin
from task import tokens
from task.models import Token
from tests.support.administration import client_of, list_of, page_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]

ROWS = 1_200
OTHERS = "?is_superuser__exact=0"


@pytest.fixture
def superuser() -> Client:
    return client_of("superuser", is_superuser=True)


@pytest.fixture
def users() -> list[User]:
    return User.objects.bulk_create(User(username=f"user-{number}") for number in range(ROWS))


def select_all(client: Client, model: type[Token | User | Group], action: str, query: str = "") -> str:
    """Chooses the action for all rows of the list, as its link "Select all" does. Returns the page that follows."""
    selected = list(model._default_manager.values_list("pk", flat=True)[:50])
    data = {"action": action, "select_across": "1", "_selected_action": selected}
    return client.post(list_of(model) + query, data, follow=True).content.decode()


def confirm(client: Client, model: type[User | Group], page: str, query: str = "") -> int:
    selected = re.findall(r'name="_selected_action" value="(\d+)"', page)
    data = {"action": "delete_selected", "_selected_action": selected, "post": "yes"}
    return client.post(list_of(model) + query, data).status_code


def test_a_large_selection_of_users_is_deleted_in_parts(superuser: Client, users: list[User]) -> None:
    page = select_all(superuser, User, "delete_selected", OTHERS)
    assert "This page is for the first 200 of your selection. Repeat the action for the others." in page
    assert 'open the job in <a href="/jobs/">Jobs</a> and choose Undo' in page
    assert confirm(superuser, User, page, OTHERS) == 302
    assert User.objects.filter(is_superuser=False).count() == ROWS - bounds.MOST_ROWS


def test_a_selection_that_fits_is_deleted_without_a_notice(superuser: Client) -> None:
    User.objects.bulk_create(User(username=f"user-{number}") for number in range(3))
    page = select_all(superuser, User, "delete_selected", OTHERS)
    assert "first 200" not in page
    assert "Undo" not in page
    assert confirm(superuser, User, page, OTHERS) == 302
    assert not User.objects.filter(is_superuser=False).exists()


def test_a_forged_confirmation_for_all_rows_deletes_one_part(superuser: Client, users: list[User]) -> None:
    data = {"action": "delete_selected", "select_across": "1", "_selected_action": users[0].pk, "post": "yes"}
    assert superuser.post(list_of(User) + OTHERS, data).status_code == 302
    assert User.objects.filter(is_superuser=False).count() == ROWS - bounds.MOST_ROWS


def test_a_large_selection_of_groups_is_deleted_in_parts(superuser: Client) -> None:
    Group.objects.bulk_create(Group(name=f"group-{number}") for number in range(ROWS))
    page = select_all(superuser, Group, "delete_selected")
    assert "the first 200" in page
    assert "Undo" not in page
    assert confirm(superuser, Group, page) == 302
    assert Group.objects.count() == ROWS - bounds.MOST_ROWS


def test_the_deletion_of_a_group_counts_its_members(superuser: Client, users: list[User]) -> None:
    group = Group.objects.create(name="testers")
    group.user_set.set(users)
    page = superuser.get(page_of(group, "delete")).content.decode()
    assert "memberships: 1200" in page.lower()
    assert "user-1199" not in page
    assert superuser.post(page_of(group, "delete"), {"post": "yes"}).status_code == 302
    assert not Group.objects.exists()
    assert User.objects.filter(username="user-1199").exists()


def test_many_tokens_are_revoked_in_parts(superuser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_admin, "REVOKED_AT_ONCE", 60)
    user = User.objects.create(username="ann")
    for number in range(100):
        tokens.make_token(user=user, name=f"token {number}", days=1, by=user, clock=timezone.now)
    assert "Only 60 were revoked: repeat the action." in select_all(superuser, Token, "revoke")
    assert Token.objects.filter(revoked_at=None).count() == 40
    assert "repeat the action" not in select_all(superuser, Token, "revoke")
    assert not Token.objects.filter(revoked_at=None).exists()
