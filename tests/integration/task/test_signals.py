"""Users created or removed outside jobs appear on the feed. A failing feed never breaks their save."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from realtime import log, outbox
from realtime.models import Batch
from realtime.protocol import Cursor
from task.jobs.start import start_job
from tests.support.stepping import step

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User = get_user_model()


def feed_events() -> list[dict[str, object]]:
    batches, _ = log.read("users", Cursor(outbox.head("users").epoch, 0))
    return [event for batch in batches for event in json.loads(batch.frame)["events"]]


def test_a_user_created_outside_a_job_has_an_event_without_a_job() -> None:
    user = User.objects.create_user("ann", "ann@example.org")
    (event,) = feed_events()
    assert (event["type"], event["job"], event["number"], event["total"]) == ("user.created", None, None, None)
    assert event["user"]["id"] == user.pk  # type: ignore[index]


def test_a_change_of_a_user_appends_no_event() -> None:
    user = User.objects.create_user("ann")
    user.first_name = "Ann"
    user.save()
    assert len(feed_events()) == 1


def test_loaddata_appends_no_event(tmp_path: Path) -> None:
    User.objects.create_user("ann")
    file = tmp_path / "users.jsonl"
    call_command("dumpdata", "auth.user", format="jsonl", output=str(file))
    User.objects.all().delete()
    before = feed_events()
    call_command("loaddata", str(file), verbosity=0)
    assert User.objects.filter(username="ann").exists()
    assert feed_events() == before


def test_a_user_of_a_rolled_back_transaction_has_no_event() -> None:
    with transaction.atomic():
        User.objects.create_user("ann")
        transaction.set_rollback(True)
    assert feed_events() == []


def test_the_event_of_a_removed_account_names_its_job() -> None:
    job = start_job(total=2).job
    step(job, job.lanes.get().task_id, 2)
    user = User.objects.order_by("pk")[0]
    key = {"id": user.pk, "username": user.username}
    User.objects.filter(pk=user.pk).delete()
    assert {name: value for name, value in feed_events()[-1].items() if name != "offset"} == {
        "type": "user.removed",
        "job": job.pk,
        "user": key,
    }


def test_users_that_are_removed_together_are_one_batch() -> None:
    for number in range(30):
        User.objects.create(username=f"user {number}")
    outbox.relay("users")
    before = Batch.objects.count()
    User.objects.all().delete()
    outbox.relay("users")
    assert Batch.objects.count() == before + 1
    removed = [event for event in feed_events() if event["type"] == "user.removed"]
    assert {event["user"]["username"] for event in removed} == {f"user {number}" for number in range(30)}  # type: ignore[index]


def test_a_removal_locks_the_jobs_of_the_user_before_the_feed() -> None:
    """The lock order is job, lane, feed, because the reverse order could deadlock with a step of that job.

    The outbox locks no feed.
    """
    user = User.objects.create(username="ann")
    start_job(total=5, requested_by=user)
    with CaptureQueriesContext(connection) as queries:
        user.delete()
    updates = [query["sql"].split()[1].strip('"') for query in queries if query["sql"].startswith("UPDATE")]
    assert updates == ["arrivals_job", "arrivals_act", *([] if outbox.is_used() else ["arrivals_feed_feedhead"])]


def test_a_user_whose_event_cannot_be_made_is_saved(caplog: pytest.LogCaptureFixture) -> None:
    User.objects.create(username="ann", date_joined="2026-01-01T00:00:00Z")
    assert User.objects.filter(username="ann").exists()
    assert "User event lost" in caplog.text


def test_a_hostile_name_is_unchanged_in_the_event() -> None:
    name = "<img src=x onerror=alert(1)> \u202e\u0000?"[:150].replace("\u0000", "")
    User.objects.create(username=name)
    assert feed_events()[0]["user"]["username"] == name  # type: ignore[index]


def test_a_failing_feed_breaks_no_save(caplog: pytest.LogCaptureFixture) -> None:
    def refuse_events(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('INSERT INTO "arrivals_feed_'):
            raise DatabaseError("refused")
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse_events), transaction.atomic():
        User.objects.create_user("bob")
    assert User.objects.filter(username="bob").exists()
    assert "User event lost" in caplog.text
