"""Sign-in links: single use, ten minutes, one for each user; and the `link` command."""

import datetime
import re
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from asgi_config.models import SignInLink
from asgi_config.sign_in.links import LIFETIME, is_usable, make_link, use_link

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


@pytest.fixture
def ada() -> User:
    return User.objects.create_superuser("ada")


def path_of(link: str) -> str:
    return link[link.index("/accounts/") :]


def token_of(link: str) -> str:
    return link.partition("token=")[2]


def link_for(user: User, **options: Any) -> str:
    return make_link(user=user, address="http://here", **options)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def press_button(client: Client, link: str) -> Any:
    """Opens the link and posts the form of its page."""
    page = client.get(path_of(link)).content.decode()
    return client.post("/accounts/link/", dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)))


def test_a_link_shows_a_button_that_signs_in_and_redirects_to_an_address_without_it(client: Client, ada: User) -> None:
    answer = press_button(client, link_for(ada))
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(ada.pk)


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_a_link_neither_uses_it_up_nor_signs_in(client: Client, ada: User, method: str) -> None:
    """Link previews and browsers that prefetch do this."""
    link = link_for(ada)
    for _ in range(3):
        assert getattr(client, method)(path_of(link)).status_code == 200
    assert not is_signed_in(client)
    press_button(client, link)
    assert is_signed_in(client)


def test_the_button_works_only_from_this_site(ada: User) -> None:
    """Another site could otherwise sign a visitor in as a user of its choice."""
    client, link = Client(enforce_csrf_checks=True), link_for(ada)
    assert client.post("/accounts/link/", {"token": token_of(link)}).status_code == 403
    assert press_button(client, link).status_code == 302


def test_a_link_works_once(client: Client, ada: User) -> None:
    link = link_for(ada)
    press_button(client, link)
    stranger = Client()
    for answer in (stranger.get(path_of(link)), stranger.post("/accounts/link/", {"token": token_of(link)})):
        assert answer.status_code == 403
        assert "manage.py link" in answer.content.decode()
    assert not is_signed_in(stranger)


@pytest.mark.django_db(transaction=True)
def test_only_one_of_ten_concurrent_uses_succeeds(ada: User) -> None:
    token = token_of(link_for(ada))

    def use(_: int) -> User | None:
        try:
            return use_link(token=token)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as threads:
        users = list(threads.map(use, range(10)))
    assert [user for user in users if user] == [ada]


@pytest.mark.parametrize("query", ["", "?token=", "?token=unknown", "?token=%00", "?other=1"])
def test_an_invalid_token_gets_a_page_with_the_remedy(client: Client, query: str) -> None:
    answer = client.get(f"/accounts/link/{query}")
    assert answer.status_code == 403
    assert "manage.py link" in answer.content.decode()


def test_responses_are_not_cached_and_send_no_address_of_a_page(client: Client, ada: User) -> None:
    link = link_for(ada)
    answers: list[Any] = [
        client.head(path_of(link)),
        client.get(path_of(link)),
        press_button(client, link),
        press_button(client, link),
    ]
    assert {answer["Cache-Control"] for answer in answers} == {"no-store"}
    assert {answer["Referrer-Policy"] for answer in answers} == {"strict-origin"}


def test_a_link_expires_after_ten_minutes(ada: User) -> None:
    now = timezone.now()
    token = token_of(link_for(ada, clock=lambda: now))
    assert not is_usable(token=token, clock=lambda: now + datetime.timedelta(minutes=10))
    assert use_link(token=token, clock=lambda: now + datetime.timedelta(minutes=10)) is None
    assert use_link(token=token, clock=lambda: now + datetime.timedelta(minutes=9)) == ada


def test_the_link_of_an_inactive_user_is_refused(ada: User) -> None:
    token = token_of(link_for(ada))
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert not is_usable(token=token)
    assert use_link(token=token) is None


def test_the_database_does_not_hold_the_token(ada: User) -> None:
    link_for(ada, make_token=lambda: "the-token")
    assert "the-token" not in str(SignInLink.objects.values().get())


def test_a_new_link_ends_the_earlier_one_of_its_user_and_no_other(ada: User) -> None:
    bob = User.objects.create_user("bob")
    earlier, of_bob, newer = token_of(link_for(ada)), token_of(link_for(bob)), token_of(link_for(ada))
    assert [use_link(token=token) for token in (earlier, of_bob, newer)] == [None, bob, ada]


def test_making_a_link_deletes_expired_ones(ada: User) -> None:
    bob = User.objects.create_user("bob")
    link_for(bob, clock=lambda: timezone.now() - LIFETIME)
    link_for(ada)
    assert list(SignInLink.objects.values_list("user__username", flat=True)) == ["ada"]


def test_using_a_link_takes_one_update_and_one_read(
    ada: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = token_of(link_for(ada))
    with django_assert_num_queries(2):
        use_link(token=token)


def printed_link(*arguments: str) -> str:
    output = StringIO()
    call_command("link", *arguments, stdout=output)
    return output.getvalue().strip()


def test_the_command_prints_a_link_for_the_operator(client: Client) -> None:
    operator = User.objects.create_superuser("operator")
    link = printed_link()
    assert re.fullmatch(r"http://[\w.:\[\]]+/accounts/link/\?token=[\w-]{43}", link)
    press_button(client, link)
    assert client.session["_auth_user_id"] == str(operator.pk)


def test_the_command_prints_a_link_for_another_user(client: Client, ada: User) -> None:
    press_button(client, printed_link("ada"))
    assert client.session["_auth_user_id"] == str(ada.pk)


@pytest.mark.parametrize(("name", "shown"), [("unknown", "unknown"), ("\udcff", r"\udcff")])
def test_an_unknown_user_is_one_sentence(name: str, shown: str) -> None:
    with pytest.raises(CommandError, match=rf"^There is no user {re.escape(shown)}\.$"):
        printed_link(name)


def test_an_inactive_user_is_one_sentence(ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)
    with pytest.raises(CommandError, match=r"^The user ada is not active\.$"):
        printed_link("ada")
