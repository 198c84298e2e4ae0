"""The pages of Django's admin, and which permission shows which."""

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
def requester() -> User:
    return User.objects.create_user("requester-of-jobs", "requester@secret.example")


@pytest.fixture
def job(requester: User) -> Job:
    return make_job(requester)


@pytest.fixture
def superuser() -> Client:
    return client_of("superuser", is_superuser=True)


@pytest.mark.parametrize("model", MODELS)
def test_every_table_has_a_list_and_pages(superuser: Client, job: Job, model: Any) -> None:
    row = model.objects.first()
    assert page_of(row) in text_of(superuser, list_of(model))
    assert str(row) in text_of(superuser, page_of(row))


@pytest.mark.parametrize("model", MODELS)
def test_rows_cannot_be_added_changed_or_deleted(superuser: Client, job: Job, model: Any) -> None:
    row = model.objects.first()
    before = list(model.objects.values())
    assert superuser.post(page_of(row), {"name": "x", "state": "failed"}).status_code == 403
    assert superuser.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403
    assert superuser.get(list_of(model) + "add/").status_code == 403
    superuser.post(list_of(model), {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    assert list(model.objects.values()) == before


@pytest.mark.parametrize("model", MODELS)
def test_the_view_permission_of_a_table_shows_that_table_only(job: Job, model: Any) -> None:
    client = client_of("reader", f"view_{model._meta.model_name}")
    for other in MODELS:
        assert client.get(list_of(other)).status_code == (200 if other is model else 403)
        assert client.get(page_of(other.objects.first())).status_code == (200 if other is model else 403)


@pytest.mark.parametrize("permission", ["change_job", "delete_job", "add_job"])
def test_permissions_to_change_jobs_do_not_show_jobs(job: Job, permission: str) -> None:
    client = client_of("operator", permission)
    assert client.get(list_of(Job)).status_code == 403
    assert client.get(page_of(job)).status_code == 403


def test_without_view_user_no_page_has_a_name_or_an_email_address(job: Job, requester: User) -> None:
    client = client_of("reader", *[f"view_{model._meta.model_name}" for model in MODELS])
    names = [*User.objects.exclude(username="reader").values_list("username", flat=True), "@example.com", "@secret"]
    for model in MODELS:
        for address in (list_of(model), *[page_of(row) for row in model.objects.all()]):
            text = text_of(client, address)
            assert not [name for name in names if name in text], address


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        (Job, "requested_by__id__exact={requester}"),
        (Job, "requested_by__isnull=False"),
        (Job, "requested_by_id={requester}"),
        (Account, "user__id__exact={requester}"),
        (Account, "user__username__startswith=user"),
        (Act, "by__id__exact={requester}"),
        (Act, "by_id={requester}"),
        (Act, "by_name__startswith=requester"),
        (Act, "detail__contains=requester"),
        (Token, "user__id__exact={requester}"),
        (Token, "user_id={requester}"),
        (Batch, "payload__contains=@example.com"),
    ],
)
def test_without_view_user_a_lookup_by_user_is_refused(job: Job, requester: User, model: Any, lookup: str) -> None:
    client = client_of("reader", *[f"view_{model._meta.model_name}" for model in MODELS])
    assert client.get(f"{list_of(model)}?{lookup.format(requester=requester.pk)}").status_code == 400


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("column", range(7))
def test_a_list_keeps_its_order_for_any_order_in_the_address(
    superuser: Client, job: Job, model: Any, column: int
) -> None:
    def order_of(address: str) -> object:
        return superuser.get(address).context["cl"].queryset.query.order_by

    kept = order_of(list_of(model))
    assert [order_of(f"{list_of(model)}?o={sign}{column}") for sign in ("", "-")] == [kept, kept]


@pytest.mark.parametrize("model", [Account, Act])
def test_without_view_user_there_is_no_search(job: Job, model: Any) -> None:
    client = client_of("reader", *[f"view_{model._meta.model_name}" for model in MODELS])
    assert "searchbar" not in text_of(client, list_of(model))
    assert page_of(model.objects.first()) in text_of(client, f"{list_of(model)}?q=nobody-has-this-name")


def test_with_view_user_names_are_shown_and_searchable(job: Job) -> None:
    client = client_of("reader", "view_user", *[f"view_{model._meta.model_name}" for model in MODELS])
    for model in (Job, Act, Token):
        assert "requester-of-jobs" in text_of(client, list_of(model))
        assert "requester-of-jobs" in text_of(client, page_of(model.objects.first()))
    account = Account.objects.get(number=1)
    assert account.user.username in text_of(client, page_of(account))
    found = text_of(client, f"{list_of(Account)}?q={account.user.username[:-1]}")
    assert page_of(account) in found
    assert page_of(Account.objects.get(number=2)) not in found


def test_the_page_of_a_job_has_its_audit_log_and_a_link_to_its_accounts(
    superuser: Client, job: Job, requester: User
) -> None:
    other = make_job(requester)
    text = text_of(superuser, page_of(job))
    assert f"{TOTAL} of {TOTAL}" in text
    assert "Asked" in text
    its_accounts = f"{list_of(Account)}?job__id__exact={job.pk}"
    assert its_accounts in text
    shown = text_of(superuser, its_accounts)
    assert [f"of job {one.pk}<" in shown for one in (job, other)] == [True, False]


def test_no_page_has_the_nonce_or_the_key_fingerprint_of_a_job(superuser: Client, job: Job) -> None:
    text = text_of(superuser, page_of(job)) + text_of(superuser, list_of(Job))
    assert job.key_fingerprint not in text
    assert "nonce" not in text


@pytest.mark.parametrize(("model", "lookup"), [(Job, "nonce__regex=b"), (Job, "key_fingerprint__startswith=a")])
def test_a_lookup_by_nonce_or_key_fingerprint_is_refused(superuser: Client, job: Job, model: Any, lookup: str) -> None:
    assert superuser.get(f"{list_of(model)}?{lookup}").status_code == 400


@pytest.mark.parametrize("model", MODELS)
def test_a_list_takes_the_same_number_of_queries_for_any_number_of_rows(
    superuser: Client, job: Job, requester: User, model: Any
) -> None:
    text_of(superuser, "/admin/")  # the first request of a session writes its time
    short = queries(superuser, list_of(model))
    for _ in range(5):
        make_job(requester)
    assert model is FeedHead or model.objects.count() > 5
    assert len(queries(superuser, list_of(model))) == len(short) <= 7


@pytest.mark.parametrize("model", MODELS)
def test_a_list_counts_at_most_10000_rows_and_reads_no_payload(superuser: Client, job: Job, model: Any) -> None:
    table_queries = [query for query in queries(superuser, list_of(model)) if f'"{model._meta.db_table}"' in query]
    counts = [query for query in table_queries if "COUNT(" in query]
    assert len(counts) == 1
    assert "LIMIT 10000" in counts[0]
    assert not [query for query in table_queries if '"payload"' in query]


def queries(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        text_of(client, address)
    return [query["sql"] for query in captured]
