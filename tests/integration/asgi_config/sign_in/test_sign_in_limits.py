"""Wrong passwords lock a user name at one address and nothing else; requests to pages have a size limit."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher, make_password
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.test import AsyncClient, Client, RequestFactory
from pytest_django import Settings

from asgi_config import settings as real_settings
from asgi_config.sign_in import lockout
from asgi_config.sign_in.hashing import SLOT_COUNT, SLOTS
from asgi_config.sign_in.links import make_link
from asgi_config.sign_in.views import SignIn
from task.jobs import credentials
from tests.support import stepping
from tests.support.database import at_once

pytestmark = pytest.mark.django_db
whole_transactions = pytest.mark.django_db(transaction=True)

PASSWORD = "correct-horse-battery-9"
HASHERS = "django.contrib.auth.hashers."
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def two_failures_and_quick_hashes(settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    settings.PASSWORD_HASHERS = [HASHERS + "MD5PasswordHasher", HASHERS + "PBKDF2PasswordHasher"]


class RecordingHasher(MD5PasswordHasher):
    """Records the passwords that it hashes."""

    algorithm = "recording"
    hashed: list[str] = []

    def encode(self, password: str, salt: str) -> str:
        self.hashed.append(password)
        return super().encode(password, salt)


@pytest.fixture
def ann() -> Any:
    return get_user_model().objects.create_user("ann", password=PASSWORD, is_staff=True)


def test_an_account_removed_during_its_sign_in_is_an_unknown_name(ann: Any) -> None:
    request = RequestFactory().post(LOGIN, {"username": "ann", "password": PASSWORD})
    request.session = SessionStore()
    view = SignIn()
    view.setup(request)
    form = view.get_form()
    assert form.is_valid()
    get_user_model().objects.all().delete()
    response = view.form_valid(form)
    assert response.status_code == 200
    assert form.non_field_errors() == form.get_invalid_login_error().messages
    assert request.session.is_empty()


def sign_in(name: str, password: str, *, path: str = LOGIN, **more: Any) -> Any:
    return Client().post(path, {"username": name, "password": password}, **more)


def fail(name: str, **more: Any) -> list[int]:
    return [sign_in(name, "wrong", **more).status_code for _ in range(2)]


def test_too_many_wrong_passwords_lock_with_a_sentence_and_retry_after(ann: Any) -> None:
    assert fail("ann") == [200, 429]
    locked = sign_in("ann", PASSWORD)
    assert locked.status_code == 429
    assert locked.headers["Retry-After"] == "900"
    assert "Try again in 15 minutes" in locked.content.decode()
    assert "ann" not in locked.content.decode()


def test_an_asynchronous_sign_in_locks_too(ann: Any) -> None:
    async def try_three_times() -> list[int]:
        client = AsyncClient()
        passwords = ["wrong", "wrong", PASSWORD]
        return [(await client.post(LOGIN, {"username": "ann", "password": word})).status_code for word in passwords]

    assert async_to_sync(try_three_times)() == [200, 429, 429]


def test_the_admin_sign_in_shares_the_lock(ann: Any) -> None:
    fail("ann", path="/admin/login/")
    assert sign_in("ann", PASSWORD).status_code == 429
    assert sign_in("ann", PASSWORD, path="/admin/login/").status_code == 429


def test_an_unknown_name_is_locked_in_the_same_way(ann: Any) -> None:
    assert fail("unknown") == fail("ann")
    assert sign_in("unknown", "x").content.decode() == sign_in("ann", "x").content.decode()


def test_other_names_and_other_addresses_are_not_locked(ann: Any) -> None:
    get_user_model().objects.create_user("ben", password=PASSWORD)
    fail("ann")
    assert sign_in("ben", PASSWORD).status_code == 302
    assert sign_in("ann", PASSWORD, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_behind_a_trusted_proxy_the_address_is_the_one_the_proxy_saw(ann: Any, settings: Settings) -> None:
    settings.HTTPS = True
    fail("ann", headers={"X-Forwarded-For": "198.51.100.1, 192.0.2.7"})
    assert sign_in("ann", PASSWORD, headers={"X-Forwarded-For": "198.51.100.9, 192.0.2.7"}).status_code == 429
    assert sign_in("ann", PASSWORD, headers={"X-Forwarded-For": "192.0.2.7, 198.51.100.9"}).status_code == 302


@pytest.mark.parametrize("forwarded", ["unknown", "", "192.0.2.7:4711", "fe80::1%eth0"])
def test_an_invalid_forwarded_address_is_replaced_by_the_connecting_one(
    ann: Any, settings: Settings, forwarded: str
) -> None:
    settings.HTTPS = True
    assert fail("ann", headers={"X-Forwarded-For": forwarded}) == [200, 429]
    assert AccessAttempt.objects.get().ip_address == "127.0.0.1"


@pytest.mark.parametrize("written", [" ann ", "\uff41\uff4e\uff4e"], ids=["spaces", "full-width"])
def test_a_name_is_locked_in_every_spelling(ann: Any, written: str) -> None:
    fail(written)
    assert sign_in("ann", PASSWORD).status_code == 429
    assert AccessAttempt.objects.get().username == "ann"


def test_a_lock_of_one_minute_is_shown_in_the_singular(ann: Any, settings: Settings) -> None:
    settings.SIGN_IN_LOCK_MINUTES = 1
    fail("ann")
    assert "Try again in 1 minute." in sign_in("ann", PASSWORD).content.decode()


def test_addresses_of_one_ipv6_network_share_a_lock(ann: Any) -> None:
    fail("ann", REMOTE_ADDR="2001:db8:0:1::1")
    assert sign_in("ann", PASSWORD, REMOTE_ADDR="2001:db8:0:1:ffff::2").status_code == 429
    assert sign_in("ann", PASSWORD, REMOTE_ADDR="2001:db8:0:2::1").status_code == 302


def test_an_ipv4_address_mapped_to_ipv6_shares_the_lock(ann: Any) -> None:
    fail("ann", REMOTE_ADDR="::ffff:192.0.2.7")
    assert sign_in("ann", PASSWORD, REMOTE_ADDR="192.0.2.7").status_code == 429
    assert sign_in("ann", PASSWORD, REMOTE_ADDR="::ffff:192.0.2.8").status_code == 302


@pytest.mark.parametrize("address", ["", "not an address", "fe80::1%eth0"])
def test_a_connection_without_a_usable_address_is_limited_too(ann: Any, address: str) -> None:
    assert fail("ann", REMOTE_ADDR=address) == [200, 429]


def test_without_a_proxy_the_header_does_not_change_the_address(ann: Any) -> None:
    fail("ann", headers={"X-Forwarded-For": "192.0.2.7"})
    assert sign_in("ann", PASSWORD, headers={"X-Forwarded-For": "192.0.2.8"}).status_code == 429


def test_a_successful_sign_in_resets_the_count_and_is_not_counted(ann: Any) -> None:
    for _ in range(4):
        assert sign_in("ann", "wrong").status_code == 200
        assert sign_in("ann", PASSWORD).status_code == 302
    assert not AccessAttempt.objects.exists()


@whole_transactions
def test_of_many_attempts_at_once_no_more_than_the_limit_are_checked(ann: Any) -> None:
    """The attempts are counted in the database, so those of several web processes count too."""

    def is_checked() -> bool:
        request = RequestFactory().post(LOGIN)
        return bool(AxesProxyHandler.is_allowed(request, {"username": "ann"}))

    assert sorted(at_once(12, is_checked)) == [False] * 10 + [True] * 2


@whole_transactions
def test_right_passwords_for_one_account_at_once_are_not_limited(ann: Any, settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = SLOT_COUNT
    assert {answer.status_code for answer in at_once(12, lambda: sign_in("ann", PASSWORD))} == {302}


@whole_transactions
def test_wrong_passwords_at_once_with_a_right_one_are_not_all_tried(ann: Any, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.RecordingHasher", HASHERS + "MD5PasswordHasher"]
    RecordingHasher.hashed.clear()
    numbers = count()
    at_once(12, lambda: sign_in("unknown", f"wrong-{next(numbers)}"))
    assert len(RecordingHasher.hashed) == 2


def test_a_process_computes_few_hashes_at_once(settings: Settings) -> None:
    """All of Django's hashing goes through the first hasher, which waits for a slot."""
    settings.PASSWORD_HASHERS = real_settings.PASSWORD_HASHERS
    assert real_settings.PASSWORD_HASHERS[0] == "asgi_config.sign_in.hashing.SlotHasher"
    assert SLOT_COUNT <= 4
    with ExitStack() as held, ThreadPoolExecutor(1) as thread:
        for _ in range(SLOT_COUNT):
            SLOTS.acquire()
            held.callback(SLOTS.release)
        hashing = thread.submit(make_password, "password", "salt-that-is-long-enough")
        assert not hashing.done()
        held.close()
        assert hashing.result(60).startswith("pbkdf2_sha256$")


def test_a_sign_in_that_waits_too_long_for_a_hash_is_refused_and_not_counted(ann: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(lockout, "WAIT_SECONDS", 0.01)
    with ExitStack() as held:
        for _ in range(SLOT_COUNT):
            SLOTS.acquire()
            held.callback(SLOTS.release)
        for path in (LOGIN, "/admin/login/"):
            refused = sign_in("ann", PASSWORD, path=path)
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
            assert "Your password was not checked" in refused.content.decode()
    assert not AccessAttempt.objects.exists()
    assert sign_in("ann", PASSWORD).status_code == 302


def test_many_successful_sign_ins_from_one_address_are_not_limited(ann: Any) -> None:
    assert {sign_in("ann", PASSWORD).status_code for _ in range(40)} == {302}


@whole_transactions
def test_a_generated_account_signs_in_with_its_own_password_and_locks_like_any(redis: str) -> None:
    taken = credentials.start_export(job_id=stepping.finished(2).pk, written_as="csv")
    first, second = [row for rows in credentials.read_chunks(taken) for row in rows]
    assert sign_in(first.username, first.password).status_code == 302
    fail(second.username)
    assert sign_in(second.username, second.password).status_code == 429


def test_a_link_signs_in_a_locked_user(ann: Any) -> None:
    fail("ann")
    token = make_link(user=ann, address="").partition("token=")[2]
    assert Client().post("/accounts/link/", {"token": token}).status_code == 302


def test_an_operator_can_unlock_a_name(ann: Any) -> None:
    fail("ann")
    call_command("axes_reset_username", "ann", verbosity=0)
    assert sign_in("ann", PASSWORD).status_code == 302


def test_a_password_check_without_a_request_is_not_limited(ann: Any) -> None:
    assert authenticate(username="ann", password="wrong") is None
    assert authenticate(username="ann", password=PASSWORD) == ann


def test_stored_attempts_hold_no_password_and_no_token(ann: Any) -> None:
    Client().post(
        f"{LOGIN}?next=/users/", {"username": "ann", "password": "hunter-two-22", "csrfmiddlewaretoken": "tkn"}
    )
    stored = str(AccessAttempt.objects.values().get())
    assert "hunter-two-22" not in stored
    assert "tkn" not in stored


def test_a_too_large_request_to_a_page_is_refused() -> None:
    answer = sign_in("ann", "x" * 300_000)
    assert (answer.status_code, "262144 bytes or fewer" in answer.content.decode()) == (413, True)


def test_a_body_without_a_length_is_refused() -> None:
    answer = Client().post(LOGIN, {"username": "a"}, headers={"Transfer-Encoding": "chunked"}, CONTENT_LENGTH="")
    assert answer.status_code == 411
