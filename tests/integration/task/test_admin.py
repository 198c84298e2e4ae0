"""Django's admin: what is to be seen there, and by whom."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from realtime.models import Batch, FeedHead
from task.models import Account, Act, Job, Token, Worker
from tests.support.administration import TOTAL, client_of, list_of, make_job, page_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]

MODELS: list[Any] = [Job, Account, Act, Token, Worker, FeedHead, Batch]


@pytest.fixture
def asker() -> User:
    return User.objects.create_user("asker-of-jobs", "asker@secret.example")


@pytest.fixture
def job(asker: User) -> Job:
    return make_job(asker)


@pytest.fixture
def boss() -> Client:
    return client_of("boss", is_superuser=True)


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
        (Job, "requested_by_id={asker}"),
        (Account, "user__id__exact={asker}"),
        (Account, "user__username__startswith=user"),
        (Act, "by__id__exact={asker}"),
        (Act, "by_id={asker}"),
        (Act, "by_name__startswith=asker"),
        (Act, "detail__contains=asker"),
        (Token, "user__id__exact={asker}"),
        (Token, "user_id={asker}"),
        (Batch, "payload__contains=@example.com"),
    ],
)
def test_nor_can_it_be_found_out_by_a_lookup(job: Job, asker: User, model: Any, lookup: str) -> None:
    client = client_of("reader", *[f"view_{model._meta.model_name}" for model in MODELS])
    assert client.get(f"{list_of(model)}?{lookup.format(asker=asker.pk)}").status_code == 400


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("column", range(7))
def test_a_list_keeps_its_order_whatever_the_address_asks_for(boss: Client, job: Job, model: Any, column: int) -> None:
    def order_of(address: str) -> object:
        return boss.get(address).context["cl"].queryset.query.order_by

    kept = order_of(list_of(model))
    assert [order_of(f"{list_of(model)}?o={sign}{column}") for sign in ("", "-")] == [kept, kept]


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


@pytest.mark.parametrize(("model", "lookup"), [(Job, "nonce__regex=b"), (Job, "key_fingerprint__startswith=a")])
def test_nor_can_it_be_guessed_letter_by_letter(boss: Client, job: Job, model: Any, lookup: str) -> None:
    assert boss.get(f"{list_of(model)}?{lookup}").status_code == 400


@pytest.mark.parametrize("model", MODELS)
def test_a_list_asks_the_same_number_of_questions_however_long_it_is(
    boss: Client, job: Job, asker: User, model: Any
) -> None:
    short = questions(boss, list_of(model))
    for _ in range(5):
        make_job(asker)
    assert model is FeedHead or model.objects.count() > 5
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
