"""The list of users without JavaScript: cursor, total, pages, search and active jobs."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from realtime import outbox
from task.models import Account, Job
from tests.support.clients.visiting import job_at, person, text_of, visit

User = get_user_model()
USERS = "/users/"
GENERATE = "/generate/"
HOSTILE = "<img src=x onerror=alert(1)>"

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Client:
    return visit(person("owner", "view_user", "add_job"))


def data_on(response: Any) -> dict[str, Any]:
    found = re.search(r'<script id="board-data" type="application/json">(.*?)</script>', response.content.decode())
    assert found
    data: dict[str, Any] = json.loads(found.group(1))
    return data


def ids_on(response: Any) -> list[int]:
    return [int(number) for number in re.findall(r'<tr data-id="(\d+)"', response.content.decode())]


def test_an_empty_list_offers_to_generate_the_first_accounts(owner: Client) -> None:
    response = owner.get(USERS)
    assert f'href="{GENERATE}?total=50">Generate the first 50</a>' in response.content.decode()


def test_the_page_carries_the_cursor_and_the_total_at_that_cursor(owner: Client) -> None:
    person("second")
    position = outbox.head("users")
    data = data_on(owner.get(USERS))
    assert (data["epoch"], data["head"], data["total"]) == (str(position.epoch), position.head, 2)
    assert data["is_first_page"]


def test_users_are_listed_newest_first_and_paged_by_key(owner: Client) -> None:
    User.objects.bulk_create([User(username=f"user_{number}") for number in range(120)])
    ids = list(User.objects.order_by("-pk").values_list("pk", flat=True))
    first = owner.get(USERS)
    assert ids_on(first) == ids[:50]
    second = owner.get(f"{USERS}?before={ids[49]}")
    assert ids_on(second) == ids[50:100]
    assert not data_on(second)["is_first_page"]
    last = owner.get(f"{USERS}?before={ids[99]}")
    assert ids_on(last) == ids[100:]
    assert not re.search(r'id="older"[^>]*(?<!hidden)>', last.content.decode())


def test_a_page_past_the_oldest_user_says_that_there_are_no_older_users(owner: Client) -> None:
    assert "There are no older users." in text_of(owner.get(f"{USERS}?before=1"))


@pytest.mark.parametrize("query", ["kqzl", "KQZ", "@example", "  kQz  "])
def test_a_search_finds_part_of_a_name_or_an_email_address_in_any_case(owner: Client, query: str) -> None:
    found = User.objects.create(username="user_kQzL", email="user_kQzL@example.com")
    User.objects.create(username="user_other", email="other@elsewhere.org")
    response = owner.get(USERS, {"q": query})
    assert ids_on(response) == [found.pk]
    data = data_on(response)
    assert (data["query"], data["total"], data["has_older"]) == (query.strip(), 3, False)


@pytest.mark.parametrize("query", ["%", "_", "'", '"', "\\", "user%other"])
def test_a_search_takes_every_character_literally(owner: Client, query: str) -> None:
    User.objects.create(username="other", email="other@elsewhere.org")
    assert ids_on(owner.get(USERS, {"q": query})) == []
    named = User.objects.create(username=f"a{query}b")
    assert ids_on(owner.get(USERS, {"q": query})) == [named.pk]


def test_a_search_is_paged_by_key_with_links_to_older_and_newest(owner: Client) -> None:
    User.objects.bulk_create([User(username=f"{'even' if number % 2 else 'odd'}_{number}") for number in range(120)])
    ids = list(User.objects.filter(username__startswith="even").order_by("-pk").values_list("pk", flat=True))
    first = owner.get(USERS, {"q": "even_"})
    assert ids_on(first) == ids[:50]
    assert f'href="?q=even_&amp;before={ids[49]}"' in first.content.decode()
    second = owner.get(f"{USERS}?q=even_&before={ids[49]}")
    assert ids_on(second) == ids[50:]
    assert '<a href="?q=even_">Newest</a>' in second.content.decode()


def test_a_search_without_matches_says_so_and_escapes_the_query(owner: Client) -> None:
    response = owner.get(USERS, {"q": HOSTILE})
    assert "No users match &lt;img src=x onerror=alert(1)&gt;." in text_of(response)
    assert "<img src=x" not in response.content.decode()


@pytest.mark.parametrize("query", ["", "   "])
def test_an_empty_search_lists_all_users(owner: Client, query: str) -> None:
    response = owner.get(USERS, {"q": query})
    assert len(ids_on(response)) == 1
    assert "Show all users" not in text_of(response)


@pytest.mark.parametrize(
    "address",
    [{"before": before} for before in ["x", "-1", "1.5", "9" * 40, "٣", "1 or 1"]]
    + [{"q": query} for query in ["x" * 151, "nul\0"]],
    ids=repr,
)
def test_an_invalid_address_gets_400_with_a_sentence(owner: Client, address: dict[str, str]) -> None:
    response = owner.get(USERS, address)
    assert response.status_code == 400
    assert "This address is not valid" in text_of(response)


def test_only_active_jobs_are_shown_with_their_progress(owner: Client) -> None:
    job_at(created=312, state=Job.State.RUNNING)
    done = job_at(created=500, state=Job.State.FINISHED)
    response = owner.get(USERS)
    assert "312 of 500" in text_of(response)
    assert "62 %" in text_of(response)
    assert f"Job {done.pk}" not in text_of(response)


def test_jobs_beyond_the_shown_ones_are_counted(owner: Client) -> None:
    for _ in range(7):
        job_at(created=0, state=Job.State.QUEUED)
    response = owner.get(USERS)
    assert "and 5 more" in text_of(response)
    assert len(data_on(response)["jobs"]) == 7


def test_an_account_is_listed_with_its_job(owner: Client) -> None:
    user = person("made")
    job = job_at(created=1, state=Job.State.RUNNING)
    Account.objects.create(user=user, job=job, number=1)
    row = re.search(r'<td class="row-job">(.*?)</td>', owner.get(USERS).content.decode(), re.S)
    assert row
    assert row.group(1).strip() == str(job.pk)


def test_a_hostile_name_is_escaped(owner: Client) -> None:
    person(HOSTILE)
    content = owner.get(USERS).content.decode()
    assert "<img src=x" not in content
    assert "&lt;img src=x onerror=alert(1)&gt;" in content


def test_the_list_takes_no_more_queries_with_more_users(owner: Client, django_assert_num_queries: Any) -> None:
    owner.get(USERS)
    User.objects.bulk_create([User(username=f"user_{number}") for number in range(60)])
    with django_assert_num_queries(10):
        owner.get(USERS)
