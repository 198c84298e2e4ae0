"""Django's admin: what is to be seen there, and by whom; revoking a token; deleting a user with all that goes along."""

import json
import re
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from realtime.models import Batch, Feed
from task import accounts, tokens
from task.generation import start_job, step
from task.models import Account, Act, Job, Token, Worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]

MODELS: list[Any] = [Job, Account, Act, Token, Worker, Feed, Batch]
TOTAL = 5


@pytest.fixture
def asker() -> User:
    return User.objects.create_user("asker-of-jobs", "asker@secret.example")


@pytest.fixture
def job(asker: User) -> Job:
    """Finished, with its accounts, their events, a token of one of them, and a worker that was heard from."""
    return make_job(asker)


@pytest.fixture
def boss() -> Client:
    return client_of("boss", is_superuser=True)


def make_job(asker: User) -> Job:
    task_id = uuid4()
    job = start_job(total=TOTAL, requested_by=asker, task_id=task_id).job
    assert step(job_id=job.pk, task_id=task_id, candidates=accounts.prepare(job, TOTAL, Random()))
    tokens.make_token(user=asker, name="nightly", days=1, by=asker)
    Worker.objects.get_or_create(name=f"worker@{job.pk}", defaults={"heard_at": timezone.now()})
    job.refresh_from_db()
    return job


def client_of(username: str, *permissions: str, **options: Any) -> Client:
    user = User.objects.create(username=username, is_staff=True, **options)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    assert user.user_permissions.count() == len(permissions)
    client = Client()
    client.force_login(user)
    return client


def list_of(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(row: Any, page: str = "change") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[quote(row.pk)])


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_every_table_has_a_list_and_pages(boss: Client, job: Job, model: Any) -> None:
    row = model.objects.first()
    assert page_of(row) in text_of(boss, list_of(model))
    assert str(row) in text_of(boss, page_of(row))


@pytest.mark.parametrize("model", MODELS)
def test_nobody_adds_changes_or_deletes_there(boss: Client, job: Job, model: Any) -> None:
    row = model.objects.first()
    before = list(model.objects.values())
    assert boss.post(page_of(row), {"name": "x", "state": "failed"}).status_code == 403
    assert boss.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403
    assert boss.get(list_of(model) + "add/").status_code == 403
    boss.post(list_of(model), {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    assert list(model.objects.values()) == before


@pytest.mark.parametrize("model", MODELS)
def test_the_right_to_view_one_table_opens_that_table_only(job: Job, model: Any) -> None:
    client = client_of("reader", f"view_{model._meta.model_name}")
    for other in MODELS:
        assert client.get(list_of(other)).status_code == (200 if other is model else 403)
        assert client.get(page_of(other.objects.first())).status_code == (200 if other is model else 403)


@pytest.mark.parametrize("permission", ["change_job", "delete_job", "add_job"])
def test_the_right_to_steer_jobs_shows_none_there(job: Job, permission: str) -> None:
    client = client_of("steerer", permission)
    assert client.get(list_of(Job)).status_code == 403
    assert client.get(page_of(job)).status_code == 403


def test_without_the_right_to_see_users_no_name_and_no_address_is_on_any_page(job: Job, asker: User) -> None:
    client = client_of("reader", *[f"view_{model._meta.model_name}" for model in MODELS])
    names = [*User.objects.exclude(username="reader").values_list("username", flat=True), "@example.com", "@secret"]
    for model in MODELS:
        for address in (list_of(model), *[page_of(row) for row in model.objects.all()]):
            text = text_of(client, address)
            assert not [name for name in names if name in text], address


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        (Job, "requested_by__id__exact={asker}"),
        (Job, "requested_by__isnull=False"),
        (Account, "user__id__exact={asker}"),
        (Account, "user__username__startswith=user"),
        (Act, "by__id__exact={asker}"),
        (Act, "by_name__startswith=asker"),
        (Act, "detail__contains=asker"),
        (Token, "user__id__exact={asker}"),
        (Batch, "payload__contains=@example.com"),
    ],
)
def test_nor_can_it_be_found_out_by_a_lookup(job: Job, asker: User, model: Any, lookup: str) -> None:
    client = client_of("reader", *[f"view_{model._meta.model_name}" for model in MODELS])
    assert client.get(f"{list_of(model)}?{lookup.format(asker=asker.pk)}").status_code == 400


@pytest.mark.parametrize("model", [Account, Act])
def test_nor_by_a_search(job: Job, model: Any) -> None:
    client = client_of("reader", *[f"view_{model._meta.model_name}" for model in MODELS])
    assert "searchbar" not in text_of(client, list_of(model))
    assert page_of(model.objects.first()) in text_of(client, f"{list_of(model)}?q=nobody-has-this-name")


def test_with_it_the_names_are_there(job: Job) -> None:
    client = client_of("reader", "view_user", *[f"view_{model._meta.model_name}" for model in MODELS])
    for model in (Job, Act, Token):
        assert "asker-of-jobs" in text_of(client, list_of(model))
        assert "asker-of-jobs" in text_of(client, page_of(model.objects.first()))
    account = Account.objects.get(number=1)
    assert account.user.username in text_of(client, page_of(account))
    found = text_of(client, f"{list_of(Account)}?q={account.user.username[:-1]}")
    assert page_of(account) in found
    assert page_of(Account.objects.get(number=2)) not in found


def test_a_job_has_its_record_and_leads_to_its_accounts(boss: Client, job: Job, asker: User) -> None:
    other = make_job(asker)
    text = text_of(boss, page_of(job))
    assert f"{TOTAL} of {TOTAL}" in text
    assert "Asked" in text
    its_accounts = f"{list_of(Account)}?job__id__exact={job.pk}"
    assert its_accounts in text
    shown = text_of(boss, its_accounts)
    assert [f"of job {one.pk}<" in shown for one in (job, other)] == [True, False]


def test_what_passwords_are_made_of_is_on_no_page(boss: Client, job: Job) -> None:
    text = text_of(boss, page_of(job)) + text_of(boss, list_of(Job))
    assert job.key_fingerprint not in text
    assert "nonce" not in text


@pytest.mark.parametrize("model", MODELS)
def test_a_list_asks_the_same_number_of_questions_however_long_it_is(
    boss: Client, job: Job, asker: User, model: Any
) -> None:
    short = questions(boss, list_of(model))
    for _ in range(5):
        make_job(asker)
    assert model is Feed or model.objects.count() > 5
    assert len(questions(boss, list_of(model))) == len(short) <= 7


@pytest.mark.parametrize("model", MODELS)
def test_no_list_counts_all_of_its_table_nor_reads_what_it_does_not_show(boss: Client, job: Job, model: Any) -> None:
    asked = [question for question in questions(boss, list_of(model)) if f'"{model._meta.db_table}"' in question]
    counts = [question for question in asked if "COUNT(" in question]
    assert len(counts) == 1
    assert "LIMIT 10000" in counts[0]
    assert not [question for question in asked if '"payload"' in question]


def questions(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        text_of(client, address)
    return [query["sql"] for query in captured]


def test_a_token_shows_no_digest_and_says_how_to_make_one(boss: Client, job: Job) -> None:
    token = Token.objects.get()
    assert "manage.py token" in text_of(boss, list_of(Token))
    assert token.digest not in text_of(boss, page_of(token)) + text_of(boss, list_of(Token))


def test_who_may_change_tokens_revokes_them_and_it_is_on_the_record(job: Job) -> None:
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


def test_who_may_only_view_tokens_revokes_none(job: Job) -> None:
    client = client_of("reader", "view_token")
    token = Token.objects.get()
    assert "Revoke th" not in text_of(client, page_of(token)) + text_of(client, list_of(Token))
    client.post(list_of(Token), {"action": "revoke", "_selected_action": token.pk})
    assert not Token.objects.exclude(revoked_at=None).exists()


def test_deleting_a_user_takes_the_account_and_the_tokens_along_and_the_feed_tells(job: Job) -> None:
    client = client_of("cleaner", "delete_user", "view_user")
    user = Account.objects.get(number=1).user
    tokens.make_token(user=user, name="of an account", days=1, by=user)
    address = page_of(user, "delete")
    assert "Are you sure" in text_of(client, address)
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert not Account.objects.filter(number=1).exists()
    assert last_events() == [("user.removed", job.pk)]
    assert Act.objects.filter(by=None, by_name=user.username).exists()


def test_deleting_many_users_at_once_does_too_also_those_who_asked_for_jobs(job: Job, asker: User) -> None:
    client = client_of("cleaner", "delete_user", "view_user")
    users = [asker.pk, *Account.objects.values_list("pk", flat=True)]
    client.post(list_of(User), {"action": "delete_selected", "_selected_action": users, "post": "yes"})
    assert list(User.objects.values_list("username", flat=True)) == ["cleaner"]
    assert not Account.objects.exists()
    assert not Token.objects.exists()
    job.refresh_from_db()
    assert (job.requested_by, job.state) == (None, "finished")
    assert not Act.objects.exclude(by=None, by_name="asker-of-jobs").exists()
    assert sorted(last_events(2), key=str) == sorted(
        [("user.removed", job.pk)] * TOTAL + [("user.removed", None)], key=str
    )


def last_events(batches: int = 1) -> list[tuple[str, int | None]]:
    rows = Batch.objects.order_by("-last")[:batches]
    return [(event["type"], event["job"]) for row in rows for event in json.loads(row.payload)]


@pytest.mark.parametrize("address", ["/admin/", "/admin/task/token/"])
def test_who_is_no_staff_gets_a_page_that_says_so_and_no_loop(address: str) -> None:
    client = Client()
    client.force_login(User.objects.create(username="visitor", is_superuser=True))
    answer = client.get(address, follow=True)
    assert [step[0].partition("?")[0] for step in answer.redirect_chain] == ["/admin/login/"]
    assert "authenticated as visitor, but are not authorized" in re.sub(r"\s+", " ", answer.content.decode())


@pytest.mark.parametrize(
    "query", ["q=%00", "job__id__exact=x", "job__id__exact=" + "9" * 30, "p=x", "o=99", "nonsense=1"]
)
def test_a_bad_address_is_no_error_of_the_server(boss: Client, job: Job, query: str) -> None:
    assert boss.get(f"{list_of(Account)}?{query}", follow=True).status_code < 500
    assert boss.get(f"{list_of(Job)}{'9' * 30}/change/").status_code == 302
