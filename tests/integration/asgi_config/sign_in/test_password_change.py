"""Every signed-in user can change the password; the old one has the lock of a sign-in."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from asgi_config.sign_in.password_change import DONE
from tests.support.clients.visiting import person, text_of, visit

pytestmark = pytest.mark.django_db

User = get_user_model()
OLD, NEW = "correct-horse-battery-9", "staple-river-window-7"
PAGE, LOGIN = "/accounts/password/", "/accounts/login/"


@pytest.fixture
def ann(settings: Settings) -> Any:
    settings.AXES_FAILURE_LIMIT = 3
    return User.objects.create_user("ann", password=OLD)


def change(client: Client, old: str, new: str = NEW) -> Any:
    return client.post(PAGE, {"old_password": old, "new_password1": new, "new_password2": new})


def sign_in(password: str) -> int:
    return Client().post(LOGIN, {"username": "ann", "password": password}).status_code


def test_a_user_who_is_not_staff_changes_the_password_and_stays_signed_in(ann: Any) -> None:
    client, elsewhere = visit(ann), visit(ann)
    answer = change(client, OLD)
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert DONE in text_of(client.get(PAGE))
    assert elsewhere.get(PAGE).status_code == 302, "other sessions have ended"
    assert (sign_in(OLD), sign_in(NEW)) == (200, 302)


def test_the_menu_of_every_page_leads_to_it(ann: Any) -> None:
    page = visit(person("watcher", "view_user")).get("/users/")
    assert f'href="{PAGE}"' in page.content.decode()


def test_wrong_old_passwords_lock_like_a_sign_in_and_share_its_count(ann: Any) -> None:
    assert sign_in("wrong") == 200
    client = visit(ann)
    assert [change(client, "wrong").status_code for _ in range(2)] == [200, 429]
    assert change(client, OLD).status_code == 429
    assert sign_in(OLD) == 429


def test_a_right_old_password_resets_the_count(ann: Any) -> None:
    client = visit(ann)
    for new, old in ((NEW, OLD), (OLD, NEW)):
        assert [change(client, "wrong").status_code for _ in range(2)] == [200, 200]
        assert change(client, old, new).status_code == 302


def test_an_old_password_is_no_sign_in(ann: Any) -> None:
    before = User.objects.get(pk=ann.pk).last_login
    client = visit(ann)
    signed_in_at = User.objects.get(pk=ann.pk).last_login
    change(client, OLD)
    assert User.objects.get(pk=ann.pk).last_login == signed_in_at != before


@pytest.mark.parametrize("new", ["short", "12345678901"])
def test_a_weak_new_password_is_refused_with_the_reason(ann: Any, new: str) -> None:
    answer = change(visit(ann), OLD, new)
    assert answer.status_code == 200
    assert "This password is" in text_of(answer)


def test_the_page_of_the_admin_leads_here(ann: Any) -> None:
    """It would check old passwords without a limit."""
    assert reverse("admin:password_change") == "/admin/password_change/"
    User.objects.filter(pk=ann.pk).update(is_staff=True)
    for method in ("get", "post"):
        answer = getattr(visit(ann), method)("/admin/password_change/")
        assert (answer.status_code, answer["Location"]) == (302, PAGE)


def test_a_user_without_a_password_gets_a_sentence_and_no_form() -> None:
    page = visit(person("by link")).get(PAGE)
    assert "Your account has no password" in text_of(page)
    assert "old_password" not in page.content.decode()


def test_a_stranger_is_asked_to_sign_in() -> None:
    assert Client().get(PAGE)["Location"] == f"{LOGIN}?next={PAGE}"


class DeletingHasher(MD5PasswordHasher):
    """Deletes all users while it hashes one password, as the end of a job may."""

    algorithm = "deleting"
    during = ""

    def encode(self, password: str, salt: str) -> str:
        if password == self.during:
            User.objects.all().delete()
        return super().encode(password, salt)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("during", "status"), [(OLD, 200), (NEW, 302)])
def test_a_user_deleted_meanwhile_is_not_created_again(
    ann: Any, settings: Settings, monkeypatch: Any, during: str, status: int
) -> None:
    monkeypatch.setattr(DeletingHasher, "during", during)
    client = visit(ann)
    settings.PASSWORD_HASHERS = [f"{__name__}.DeletingHasher", *settings.PASSWORD_HASHERS]
    answer = change(client, OLD)
    assert (answer.status_code, User.objects.count()) == (status, 0)
    assert client.get(PAGE)["Location"].startswith(LOGIN)
