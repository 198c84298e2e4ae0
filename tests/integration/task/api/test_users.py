"""The list of users as a snapshot: rows, and the cursor that they belong to."""

import datetime
import json
from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from pytest_django import DjangoAssertNumQueries

from realtime import log, outbox
from realtime.protocol import Cursor
from task.jobs import slices
from task.jobs.start import start_job
from task.models import Job
from tests.support.clients.caller import Caller, caller
from tests.support.database import Append

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User = get_user_model()


@pytest.fixture
def reader() -> Caller:
    return caller("reader", "view_user")


def finished_job(total: int) -> Job:
    job = start_job(total=total).job
    slices.work(job_id=job.pk, task_id=job.lanes.get().task_id, size=500, seconds=60)
    return job


def test_the_snapshot_is_newest_first_and_carries_its_cursor(reader: Caller) -> None:
    job = finished_job(3)
    page = reader.get("/api/users").json
    newest = User.objects.latest("pk")
    assert page["items"][0] == {
        "id": newest.pk,
        "username": newest.username,
        "email": newest.email,
        "date_joined": f"{newest.date_joined.astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
        "job": job.pk,
        "number": 3,
    }
    assert [(user["job"], user["number"]) for user in page["items"]] == [
        (job.pk, 3),
        (job.pk, 2),
        (job.pk, 1),
        (None, None),
    ]
    position = outbox.head("users")
    assert (page["epoch"], page["head"]) == (str(position.epoch), position.head)
    assert (page["total"], page["next"]) == (4, None)


def test_the_rows_equal_the_users_of_the_events(reader: Caller) -> None:
    finished_job(3)
    page = reader.get("/api/users").json
    batches, _ = log.read("users", Cursor(outbox.head("users").epoch, 0))
    events = [event for batch in batches for event in json.loads(batch.frame)["events"]]
    users = [{**event["user"], "job": event["job"], "number": event["number"]} for event in events if "user" in event]
    assert sorted(page["items"], key=lambda user: int(user["id"])) == users


def test_a_snapshot_and_the_events_after_its_cursor_give_all_users(reader: Caller) -> None:
    finished_job(3)
    page = reader.get("/api/users").json
    finished_job(4)
    after = reader.get(f"/api/events?after={page['head']}&epoch={page['epoch']}").json
    new = [event["user"]["id"] for event in after["events"] if event["type"] == "user.created"]
    assert [user["id"] for user in reader.get("/api/users").json["items"]] == new[::-1] + [
        user["id"] for user in page["items"]
    ]


def test_the_pages_contain_all_users_newest_first(reader: Caller) -> None:
    finished_job(5)
    seen: list[Any] = []
    address = "/api/users?limit=2"
    while address:
        page = reader.get(address).json
        assert page["total"] == 6
        seen += [user["id"] for user in page["items"]]
        address = page["next"]
    assert seen == list(User.objects.order_by("-pk").values_list("pk", flat=True))


def test_all_pages_and_the_events_after_the_first_cursor_give_all_users(reader: Caller) -> None:
    """Users come and go while the pages are read, so the cursor of the last page would miss some."""
    finished_job(5)
    first = page = reader.get("/api/users?limit=2").json
    listed = ids(page["items"])
    while page["next"]:
        User.objects.create_user(f"ada {page['next']}")
        User.objects.filter(account__isnull=False).earliest("pk").delete()
        page = reader.get(page["next"]).json
        listed |= ids(page["items"])
    events = reader.get(f"/api/events?after={first['head']}&epoch={first['epoch']}").json["events"]
    created, removed = (
        ids(one["user"] for one in events if one["type"] == f"user.{act}") for act in ("created", "removed")
    )
    assert (listed | created) - removed == set(User.objects.values_list("pk", flat=True))
    assert created - listed
    assert page["head"] == events[-1]["offset"]


def ids(users: Iterable[Any]) -> set[Any]:
    return {user["id"] for user in users}


def test_the_filter_by_job_lists_and_counts_its_users(reader: Caller) -> None:
    first, _ = finished_job(3), finished_job(4)
    page = reader.get(f"/api/users?job={first.pk}&limit=2").json
    assert (page["total"], {user["job"] for user in page["items"]}) == (3, {first.pk})
    assert [user["number"] for user in reader.get(page["next"]).json["items"]] == [1]
    assert reader.get("/api/users?job=99999").json["items"] == []


@pytest.mark.parametrize("query", ["ADA", "ada@", " ada "])
def test_a_search_finds_part_of_a_name_or_an_email_address(reader: Caller, query: str) -> None:
    User.objects.create_user("ada", email="ada@example.com")
    found = reader.client.get("/api/users", {"q": query}).json()
    assert [user["username"] for user in found["items"]] == ["ada"]


def test_the_next_page_keeps_the_search(reader: Caller) -> None:
    for number in range(3):
        User.objects.create_user(f"ada & {number}")
    page = reader.client.get("/api/users", {"q": "a &", "limit": "2"}).json()
    assert [user["username"] for user in reader.get(page["next"]).json["items"]] == ["ada & 0"]


def test_a_page_takes_the_same_number_of_queries_for_any_length(
    reader: Caller, append: Append, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    append(1)
    finished_job(60)
    outbox.relay("users")
    with django_assert_num_queries(7):  # session, user, three for permissions, the head with the total, the rows
        assert len(reader.get("/api/users?limit=60").json["items"]) == 60
