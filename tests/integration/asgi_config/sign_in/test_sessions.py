"""Sessions are stored under a digest of their key."""

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client

from asgi_config.sign_in.sessions import SessionStore

pytestmark = pytest.mark.django_db


def signed_in() -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("ann"))
    return client


def test_the_database_does_not_hold_the_key_of_a_session() -> None:
    client = signed_in()
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    stored = Session.objects.get()
    assert key not in f"{stored.session_key} {stored.session_data} {stored.get_decoded()}"


def test_a_stored_session_key_does_not_sign_in() -> None:
    client = signed_in()
    assert client.get("/users/").status_code == 200
    client.cookies[settings.SESSION_COOKIE_NAME] = Session.objects.get().session_key
    assert client.get("/users/").status_code == 302


def test_a_session_ends_when_its_user_signs_out() -> None:
    client = signed_in()
    client.post("/accounts/logout/")
    assert not Session.objects.exists()


def test_a_session_is_changed_and_deleted_by_its_key() -> None:
    store = SessionStore()
    store["colour"] = "red"
    store.save()
    again = SessionStore(store.session_key)
    again["colour"] = "blue"
    again.save()
    assert SessionStore(store.session_key)["colour"] == "blue"
    assert Session.objects.count() == 1
    assert SessionStore().exists(store.session_key or "")
    SessionStore().delete(store.session_key)
    assert SessionStore(store.session_key).get("colour") is None


def test_asynchronous_code_finds_the_same_sessions() -> None:
    """From a synchronous test, because its thread's connection is closed at the end."""

    async def use() -> None:
        store = SessionStore()
        await store.aset("colour", "red")
        await store.asave()
        again = SessionStore(store.session_key)
        assert await again.aget("colour") == "red"
        assert await again.aexists(store.session_key or "")
        await again.adelete()

    async_to_sync(use)()
    assert not Session.objects.exists()
