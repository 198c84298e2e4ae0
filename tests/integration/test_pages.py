"""The pages as a browser without JavaScript sees them: who may see what, what the form says, how pages are turned."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.contrib.messages.storage import default_storage
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.views.defaults import server_error

from asgi_config import middleware
from realtime import log
from task.generation import Started
from task.models import Account, Job
from task.views import say_started

User = get_user_model()
USERS = "/users/"
GENERATE = "/generate/"
HOSTILE = "<img src=x onerror=alert(1)>"

pytestmark = pytest.mark.django_db


def person(name: str, *permissions: str) -> Any:
    user = User.objects.create_user(name)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def visit(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner() -> Client:
    return visit(person("owner", "view_user", "add_job"))


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode()))


def board_data(response: Any) -> dict[str, Any]:
    found = re.search(r'<script id="board-data" type="application/json">(.*?)</script>', response.content.decode())
    assert found
    data: dict[str, Any] = json.loads(found.group(1))
    return data


def ids_on(response: Any) -> list[int]:
    return [int(number) for number in re.findall(r'<tr data-id="(\d+)"', response.content.decode())]


def request_id_on(response: Any) -> str:
    found = re.search(r'name="request_id" value="([^"]+)"', response.content.decode())
    assert found
    return found.group(1)


def ask(client: Client, total: object, request_id: object = None, **more: Any) -> Any:
    return client.post(GENERATE, {"total": total, "request_id": request_id or uuid4()}, **more)


@pytest.mark.parametrize("address", [USERS, GENERATE])
def test_a_stranger_is_asked_to_sign_in_and_comes_back_afterwards(address: str) -> None:
    response = Client().get(address)
    assert response.status_code == 302
    assert response.headers["Location"] == f"{reverse('login')}?next={address}"


@pytest.mark.parametrize("address", [USERS, GENERATE])
def test_a_signed_in_account_without_permission_gets_a_clear_page_and_can_sign_out(address: str) -> None:
    client = visit(person("nobody"))
    response = client.get(address)
    assert response.status_code == 403
    assert "You may not see this page" in text_of(response)
    assert "nobody" in text_of(response)
    assert client.post(reverse("logout")).headers["Location"] == reverse("login")


def test_a_viewer_is_offered_nothing_to_generate() -> None:
    response = visit(person("viewer", "view_user")).get(USERS)
    assert "No accounts yet." in text_of(response)
    assert GENERATE not in response.content.decode()


def test_without_accounts_there_is_one_thing_to_do(owner: Client) -> None:
    response = owner.get(USERS)
    assert f'href="{GENERATE}?total=50">Generate the first 50</a>' in response.content.decode()


def test_the_page_carries_the_cursor_and_the_total_that_belongs_to_it(owner: Client) -> None:
    person("second")
    position = log.head("users")
    data = board_data(owner.get(USERS))
    assert (data["epoch"], data["head"], data["total"]) == (str(position.epoch), position.head, 2)
    assert data["is_first_page"]


def test_users_are_listed_newest_first_and_paged_by_key(owner: Client) -> None:
    User.objects.bulk_create([User(username=f"user_{number}") for number in range(120)])
    ids = list(User.objects.order_by("-pk").values_list("pk", flat=True))
    first = owner.get(USERS)
    assert ids_on(first) == ids[:50]
    second = owner.get(f"{USERS}?before={ids[49]}")
    assert ids_on(second) == ids[50:100]
    assert not board_data(second)["is_first_page"]
    last = owner.get(f"{USERS}?before={ids[99]}")
    assert ids_on(last) == ids[100:]
    assert not re.search(r'id="older"[^>]*(?<!hidden)>', last.content.decode())


def test_below_the_oldest_user_the_page_says_so(owner: Client) -> None:
    assert "There are no older users." in text_of(owner.get(f"{USERS}?before=1"))


@pytest.mark.parametrize("query", ["kqzl", "KQZ", "@example", "  kQz  "])
def test_a_search_finds_part_of_a_name_or_of_an_e_mail_address_in_any_case(owner: Client, query: str) -> None:
    found = User.objects.create(username="user_kQzL", email="user_kQzL@example.com")
    User.objects.create(username="user_other", email="other@elsewhere.org")
    response = owner.get(USERS, {"q": query})
    assert ids_on(response) == [found.pk]
    data = board_data(response)
    assert (data["query"], data["total"], data["has_older"]) == (query.strip(), 3, False)


@pytest.mark.parametrize("query", ["%", "_", "'", '"', "\\", "user%other"])
def test_a_search_takes_every_character_for_itself(owner: Client, query: str) -> None:
    User.objects.create(username="other", email="other@elsewhere.org")
    assert ids_on(owner.get(USERS, {"q": query})) == []
    named = User.objects.create(username=f"a{query}b")
    assert ids_on(owner.get(USERS, {"q": query})) == [named.pk]


def test_a_search_is_paged_by_key_and_leads_on_and_back(owner: Client) -> None:
    User.objects.bulk_create([User(username=f"{'even' if number % 2 else 'odd'}_{number}") for number in range(120)])
    ids = list(User.objects.filter(username__startswith="even").order_by("-pk").values_list("pk", flat=True))
    first = owner.get(USERS, {"q": "even_"})
    assert ids_on(first) == ids[:50]
    assert f'href="?q=even_&amp;before={ids[49]}"' in first.content.decode()
    second = owner.get(f"{USERS}?q=even_&before={ids[49]}")
    assert ids_on(second) == ids[50:]
    assert '<a href="?q=even_">Newest</a>' in second.content.decode()


def test_a_search_that_nobody_matches_says_so_and_what_was_asked_for_stays_text(owner: Client) -> None:
    response = owner.get(USERS, {"q": HOSTILE})
    assert "No user matches &lt;img src=x onerror=alert(1)&gt;." in text_of(response)
    assert "<img src=x" not in response.content.decode()


@pytest.mark.parametrize("query", ["", "   "])
def test_a_search_for_nothing_is_the_list(owner: Client, query: str) -> None:
    response = owner.get(USERS, {"q": query})
    assert len(ids_on(response)) == 1
    assert "Show all users" not in text_of(response)


@pytest.mark.parametrize(
    "address",
    [{"before": before} for before in ["x", "-1", "1.5", "9" * 40, "٣", "1 or 1"]]
    + [{"q": query} for query in ["x" * 151, "nul\0"]],
    ids=repr,
)
def test_an_address_that_cannot_be_is_said_in_a_sentence(owner: Client, address: dict[str, str]) -> None:
    response = owner.get(USERS, address)
    assert response.status_code == 400
    assert "This address is not understood" in text_of(response)


def test_jobs_at_work_are_shown_with_their_progress_and_others_are_not(owner: Client) -> None:
    job_at(created=312, state=Job.State.RUNNING)
    done = job_at(created=500, state=Job.State.FINISHED)
    response = owner.get(USERS)
    assert "312 of 500" in text_of(response)
    assert "62 %" in text_of(response)
    assert f"Job {done.pk}" not in text_of(response)


def test_more_jobs_than_fit_are_counted(owner: Client) -> None:
    for _ in range(7):
        job_at(created=0, state=Job.State.QUEUED)
    response = owner.get(USERS)
    assert "and 5 more" in text_of(response)
    assert len(board_data(response)["jobs"]) == 7


def test_an_account_is_listed_with_its_job(owner: Client) -> None:
    user = person("made")
    job = job_at(created=1, state=Job.State.RUNNING)
    Account.objects.create(user=user, job=job, number=1)
    row = re.search(r'<td class="row-job">(.*?)</td>', owner.get(USERS).content.decode(), re.S)
    assert row
    assert row.group(1).strip() == str(job.pk)


def test_a_hostile_name_is_text(owner: Client) -> None:
    person(HOSTILE)
    content = owner.get(USERS).content.decode()
    assert "<img src=x" not in content
    assert "&lt;img src=x onerror=alert(1)&gt;" in content


def test_the_list_takes_no_more_queries_with_more_users(owner: Client, django_assert_num_queries: Any) -> None:
    owner.get(USERS)
    User.objects.bulk_create([User(username=f"user_{number}") for number in range(60)])
    with django_assert_num_queries(10):
        owner.get(USERS)


@pytest.mark.parametrize(
    ("total", "reason"),
    [
        ("49", "That is too few: ask for 50 users or more."),
        ("501", "That is too many: ask for 500 users or fewer."),
        ("many", "Write a whole number, for example 100."),
        ("1e2", "Write a whole number, for example 100."),
        ("", "Write how many users you need."),
    ],
)
def test_the_form_says_beside_the_field_what_cannot_be_done_and_starts_nothing(
    owner: Client, total: str, reason: str
) -> None:
    request_id = uuid4()
    response = ask(owner, total, request_id)
    content = response.content.decode()
    assert response.status_code == 200
    assert reason in text_of(response)
    assert 'aria-invalid="true"' in content
    assert 'aria-describedby="id_total_helptext id_total_error"' in content
    assert 'id="id_total_error"' in content
    assert "autofocus" in content
    assert not total or f'value="{total}"' in content
    assert request_id_on(response) == str(request_id)
    assert not Job.objects.exists()


@pytest.mark.parametrize(("preset", "shown"), [("50", "50"), ("", "500"), ("49", "500"), ("<b>", "500")])
def test_a_link_may_preset_a_number_that_can_be_asked_for(owner: Client, preset: str, shown: str) -> None:
    assert f'value="{shown}"' in owner.get(GENERATE, {"total": preset}).content.decode()


@pytest.mark.usefixtures("redis")
def test_a_request_makes_one_job_and_lands_on_the_list_with_a_message(owner: Client) -> None:
    response = ask(owner, 60, follow=True)
    assert response.redirect_chain == [(USERS, 302)]
    assert "We are generating your random users!" in text_of(response)
    job = Job.objects.get()
    assert (job.total, job.requested_by) == (60, User.objects.get(username="owner"))


@pytest.mark.usefixtures("redis")
def test_the_same_form_sent_twice_is_one_job_and_the_page_says_so(owner: Client) -> None:
    request_id = uuid4()
    ask(owner, 60, request_id, follow=True)
    response = ask(owner, 60, request_id, follow=True)
    assert f"You had asked for this already: it is job {Job.objects.get().pk}." in text_of(response)


@pytest.mark.usefixtures("redis")
def test_the_same_form_with_another_number_comes_again_as_a_new_request(owner: Client) -> None:
    request_id = uuid4()
    ask(owner, 60, request_id)
    response = ask(owner, 61, request_id)
    assert "This form was already used to ask for something else." in text_of(response)
    assert 'value="61"' in response.content.decode()
    assert Job.objects.count() == 1
    ask(owner, 61, request_id_on(response))
    assert Job.objects.count() == 2


@pytest.mark.parametrize("mark", ["", "not-a-uuid"])
def test_a_form_that_lost_its_mark_comes_again_with_a_new_one(owner: Client, mark: str) -> None:
    response = owner.post(GENERATE, {"total": 60, "request_id": mark})
    assert "This form had lost its mark" in text_of(response)
    assert len(request_id_on(response)) == 36
    assert 'value="60"' in response.content.decode()
    assert not Job.objects.exists()


def test_a_queue_that_is_away_is_said_and_the_job_is_kept() -> None:
    request = RequestFactory().post(GENERATE)
    request.session = SessionStore()
    request._messages = default_storage(request)  # type: ignore[attr-defined]
    job = job_at(created=0, state=Job.State.QUEUED)
    say_started(request, Started(job, is_new=True, is_dispatched=False))
    started, warned = [str(message) for message in get_messages(request)]
    assert started == "We are generating your random users!"
    assert warned.startswith(f"The queue cannot be reached just now. Job {job.pk} is kept")


def test_the_sign_in_page_tells_of_the_link() -> None:
    assert "python manage.py link" in text_of(Client().get(reverse("login")))


def test_a_form_without_its_token_is_refused_in_words() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("owner", "add_job"))
    response = client.post(GENERATE, {"total": 60})
    assert response.status_code == 403
    assert "The form was not accepted" in text_of(response)


def test_an_unknown_address_gets_a_clear_page(owner: Client) -> None:
    response = owner.get("/nowhere/")
    assert response.status_code == 404
    assert "There is no such page" in text_of(response)


def test_an_error_gets_a_clear_page_that_needs_nothing() -> None:
    assert "Something went wrong here" in text_of(server_error(RequestFactory().get("/")))


@pytest.mark.parametrize("address", ["/accounts/login/", USERS, GENERATE])
def test_every_page_runs_scripts_and_styles_of_this_host_only(owner: Client, address: str) -> None:
    response = owner.get(address)
    assert response.headers["Content-Security-Policy"] == middleware.POLICY
    assert not re.search(r"<style|style=|<script(?![^>]*(src=|application/json))|\son\w+=", response.content.decode())


def job_at(*, created: int, state: str) -> Job:
    now = timezone.now()
    ended = None if state in Job.ACTIVE else now
    return Job.objects.create(total=500, created=created, state=state, nonce=b"", created_at=now, finished_at=ended)
