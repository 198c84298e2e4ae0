"""Actions in Django's admin: revoke tokens, and delete users with their accounts and tokens."""

import json
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from realtime import outbox
from realtime.models import Batch
from task import tokens
from task.models import Account, Act, Job, Token
from tests.support.administration import TOTAL, client_of, list_of, make_job, page_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


@pytest.fixture
def requester() -> User:
    return User.objects.create_user("requester-of-jobs")


@pytest.fixture
def job(requester: User) -> Job:
    return make_job(requester)


@pytest.fixture
def superuser() -> Client:
    return client_of("superuser", is_superuser=True)


def test_the_pages_of_tokens_have_no_digest_and_name_the_command(superuser: Client, job: Job) -> None:
    token = Token.objects.get()
    assert "manage.py token" in text_of(superuser, list_of(Token))
    assert token.digest not in text_of(superuser, page_of(token)) + text_of(superuser, list_of(Token))


def test_a_user_with_change_token_can_revoke_and_is_in_the_audit_log(job: Job) -> None:
    client = client_of("keeper", "change_token")
    token = Token.objects.get()
    assert "Revoke this token" in text_of(client, page_of(token))
    assert "Revoke the selected tokens" in text_of(client, list_of(Token))
    answer = client.post(list_of(Token), {"action": "revoke", "_selected_action": token.pk}, follow=True)
    assert "Revoked" in answer.content.decode()
    token.refresh_from_db()
    assert token.revoked_at
    assert list(Act.objects.filter(kind="token_revoked").values_list("by_name", flat=True)) == ["keeper"]
    assert "Revoke this token" not in text_of(client, page_of(token))


def test_a_user_with_only_view_token_cannot_revoke(job: Job) -> None:
    client = client_of("reader", "view_token")
    token = Token.objects.get()
    assert "Revoke th" not in text_of(client, page_of(token)) + text_of(client, list_of(Token))
    client.post(list_of(Token), {"action": "revoke", "_selected_action": token.pk})
    assert not Token.objects.exclude(revoked_at=None).exists()


def test_deleting_a_user_deletes_the_account_and_tokens_and_appends_an_event(job: Job) -> None:
    client = client_of("cleaner", "delete_user", "view_user")
    user = Account.objects.get(number=1).user
    tokens.make_token(user=user, name="of an account", days=1, by=user)
    address = page_of(user, "delete")
    assert "Are you sure" in text_of(client, address)
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert not Account.objects.filter(number=1).exists()
    assert last_events() == [("user.removed", job.pk)]
    assert Act.objects.filter(by=None, by_name=user.username).exists()


def test_deleting_many_users_keeps_their_jobs_and_appends_an_event_for_each(job: Job, requester: User) -> None:
    client = client_of("cleaner", "delete_user", "view_user")
    users = [requester.pk, *Account.objects.values_list("pk", flat=True)]
    client.post(list_of(User), {"action": "delete_selected", "_selected_action": users, "post": "yes"})
    assert list(User.objects.values_list("username", flat=True)) == ["cleaner"]
    assert not Account.objects.exists()
    assert not Token.objects.exists()
    job.refresh_from_db()
    assert (job.requested_by, job.state) == (None, "finished")
    assert not Act.objects.exclude(by=None, by_name="requester-of-jobs").exists()
    assert sorted(last_events(2), key=str) == sorted(
        [("user.removed", job.pk)] * TOTAL + [("user.removed", None)], key=str
    )


def last_events(batches: int = 1) -> list[tuple[str, int | None]]:
    outbox.relay("users")
    rows = Batch.objects.order_by("-last")[:batches]
    return [(event["type"], event["job"]) for row in rows for event in json.loads(row.payload)]


@pytest.mark.parametrize("address", ["/admin/", "/admin/arrivals/token/"])
def test_a_user_without_staff_status_gets_a_clear_page_after_one_redirect(address: str) -> None:
    client = Client()
    client.force_login(User.objects.create(username="visitor", is_superuser=True))
    answer = client.get(address, follow=True)
    assert [step[0].partition("?")[0] for step in answer.redirect_chain] == ["/admin/login/"]
    assert "authenticated as visitor, but are not authorized" in re.sub(r"\s+", " ", answer.content.decode())


@pytest.mark.parametrize(
    "query", ["q=%00", "job__id__exact=x", "job__id__exact=" + "9" * 30, "p=x", "o=99", "nonsense=1"]
)
def test_an_invalid_address_causes_no_server_error(superuser: Client, job: Job, query: str) -> None:
    assert superuser.get(f"{list_of(Account)}?{query}", follow=True).status_code < 500
    assert superuser.get(f"{list_of(Job)}{'9' * 30}/change/").status_code == 302
