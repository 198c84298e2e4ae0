"""The users as a snapshot: rows, and the cursor that they belong to."""

import datetime
import json
from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from pytest_django import DjangoAssertNumQueries

from realtime import log
from realtime.protocol import Cursor
from task.jobs import slices
from task.jobs.start import start_job
from task.models import Job
from tests.support.caller import Caller, caller
from tests.support.database import Append

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User = get_user_model()


@pytest.fixture
def reader() -> Caller:
    return caller("reader", "view_user")


def made(total: int) -> Job:
    job = start_job(total=total).job
    slices.work(job_id=job.pk, task_id=job.lanes.get().task_id, size=500, seconds=60)
    return job


def test_rows_come_newest_first_with_the_cursor_they_belong_to(reader: Caller) -> None:
    job = made(3)
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
    position = log.head("users")
    assert (page["epoch"], page["head"]) == (str(position.epoch), position.head)
    assert (page["total"], page["next"]) == (4, None)


def test_rows_are_as_the_feed_tells_them(reader: Caller) -> None:
    made(3)
    page = reader.get("/api/users").json
    batches, _ = log.read("users", Cursor(log.head("users").epoch, 0))
    events = [event for batch in batches for event in json.loads(batch.frame)["events"]]
    told = [{**event["user"], "job": event["job"], "number": event["number"]} for event in events if "user" in event]
    assert sorted(page["items"], key=lambda user: int(user["id"])) == told


def test_snapshot_and_events_from_its_cursor_make_the_whole(reader: Caller) -> None:
    made(3)
    page = reader.get("/api/users").json
    made(4)
    after = reader.get(f"/api/events?after={page['head']}&epoch={page['epoch']}").json
    new = [event["user"]["id"] for event in after["events"] if event["type"] == "user.created"]
    assert [user["id"] for user in reader.get("/api/users").json["items"]] == new[::-1] + [
        user["id"] for user in page["items"]
    ]


def test_pages_lead_through_all_by_key(reader: Caller) -> None:
    made(5)
    seen: list[Any] = []
    address = "/api/users?limit=2"
    while address:
        page = reader.get(address).json
        assert page["total"] == 6
        seen += [user["id"] for user in page["items"]]
        address = page["next"]
    assert seen == list(User.objects.order_by("-pk").values_list("pk", flat=True))


def test_pages_and_events_from_the_first_ones_cursor_make_the_whole(reader: Caller) -> None:
    """While they are read, users come and go. From the last one's cursor some would be missed."""
    made(5)
    first = page = reader.get("/api/users?limit=2").json
    listed = ids(page["items"])
    while page["next"]:
        User.objects.create_user(f"ada {page['next']}")
        User.objects.filter(account__isnull=False).earliest("pk").delete()
        page = reader.get(page["next"]).json
        listed |= ids(page["items"])
    events = reader.get(f"/api/events?after={first['head']}&epoch={first['epoch']}").json["events"]
    came, went = (ids(one["user"] for one in events if one["type"] == f"user.{act}") for act in ("created", "removed"))
    assert (listed | came) - went == set(User.objects.values_list("pk", flat=True))
    assert came - listed
    assert page["head"] == events[-1]["offset"]


def ids(users: Iterable[Any]) -> set[Any]:
    return {user["id"] for user in users}


def test_users_of_one_job_are_counted_as_such(reader: Caller) -> None:
    first, _ = made(3), made(4)
    page = reader.get(f"/api/users?job={first.pk}&limit=2").json
    assert (page["total"], {user["job"] for user in page["items"]}) == (3, {first.pk})
    assert [user["number"] for user in reader.get(page["next"]).json["items"]] == [1]
    assert reader.get("/api/users?job=99999").json["items"] == []


@pytest.mark.parametrize("query", ["ADA", "ada@", " ada "])
def test_a_search_finds_part_of_a_name_or_mail(reader: Caller, query: str) -> None:
    User.objects.create_user("ada", email="ada@example.com")
    found = reader.client.get("/api/users", {"q": query}).json()
    assert [user["username"] for user in found["items"]] == ["ada"]


def test_a_page_keeps_its_search(reader: Caller) -> None:
    for number in range(3):
        User.objects.create_user(f"ada & {number}")
    page = reader.client.get("/api/users", {"q": "a &", "limit": "2"}).json()
    assert [user["username"] for user in reader.get(page["next"]).json["items"]] == ["ada & 0"]


def test_a_page_costs_the_same_however_long(
    reader: Caller, append: Append, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    append(1)
    made(60)
    with django_assert_num_queries(6):  # session, user, two for permissions, the head with the total, the rows
        assert len(reader.get("/api/users?limit=60").json["items"]) == 60
