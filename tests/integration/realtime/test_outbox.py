"""The outbox: an append waits for no other transaction, and the relay gives every event one offset, in order.

On SQLite an append goes to the log at once, so these tests show the same order and the same heads there.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction

from realtime import log, outbox
from realtime.models import OutboxEntry
from realtime.protocol import Cursor
from realtime.tasks import relay_outbox
from task.models import Job
from tests.support import stepping
from tests.support.database import at_once, in_background

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def text(name: str) -> str:
    return json.dumps({"type": "test", "name": name})


def append(*names: str, key: str = "") -> None:
    with transaction.atomic():
        outbox.append("feed", [text(name) for name in names], key=key)


def append_last(*names: str) -> None:
    with transaction.atomic():
        outbox.append_last("feed", [text(name) for name in names])


def logged() -> list[str]:
    """Returns the names of the feed's events, after asserting that the offsets have no gap."""
    batches, _ = log.read("feed", Cursor(log.position("feed").epoch, 0), limit=10_000)
    events = [event for batch in batches for event in json.loads(batch.frame)["events"]]
    assert [event["offset"] for event in events] == list(range(1, len(events) + 1))
    return [event["name"] for event in events]


@contextmanager
def open_transaction(*, locks_feed: bool = False) -> Iterator[None]:
    """Keeps a transaction open that has appended, or that has locked the feed, for the time of the block."""
    is_open, may_end = Event(), Event()

    def work() -> None:
        with transaction.atomic():
            if locks_feed:
                log.lock("feed")
            else:
                outbox.append("users", [text("open")])
            is_open.set()
            may_end.wait(300)

    with in_background(work):
        is_open.wait(60)
        try:
            yield
        finally:
            may_end.set()


def test_relayed_events_keep_the_order_of_their_appends() -> None:
    append("a", "b", "c")
    append("d")
    with transaction.atomic():
        outbox.append("feed", [text("e")])
        outbox.append("feed", [text("f")], key="7")
    assert outbox.relay("feed")
    assert logged() == ["a", "b", "c", "d", "e", "f"]
    assert not OutboxEntry.objects.exists()


def test_a_rolled_back_append_leaves_nothing() -> None:
    with transaction.atomic():
        outbox.append("feed", [text("lost")])
        transaction.set_rollback(True)
    append("kept")
    outbox.relay("feed")
    assert logged() == ["kept"]


def test_a_last_append_stays_behind_entries_that_wait() -> None:
    append_last("a")
    append("b")
    append_last("c")
    outbox.relay("feed")
    append_last("d")
    assert logged() == ["a", "b", "c", "d"]


@pytest.mark.parametrize("add", [outbox.append, outbox.append_last])
def test_an_append_outside_a_transaction_or_without_events_is_refused(add: object) -> None:
    assert callable(add)
    with pytest.raises(transaction.TransactionManagementError):
        add("feed", [text("a")])
    with pytest.raises(ValueError, match="at least one event"), transaction.atomic():
        add("feed", [])


def test_a_count_matches_its_head_while_events_wait() -> None:
    users = outbox.count_of(User.objects.all())
    before = outbox.head("users", users=users)
    for name in ("ann", "bob"):
        User.objects.create(username=name)
    after = outbox.head("users", users=users)
    assert after.counted["users"] - before.counted["users"] == after.head - before.head == 2
    assert log.position("users").head == after.head
    assert outbox.head("users", users=users) == after


def test_rows_are_returned_with_the_head_at_which_they_are_true() -> None:
    jobs = Job.objects.order_by("pk")
    assert outbox.read_at_head("users", jobs) == []
    job, _ = stepping.queued()
    assert outbox.read_at_head("users", jobs) == [(job, 1)]
    other, _ = stepping.queued()
    assert outbox.read_at_head("users", jobs) == [(job, 2), (other, 2)]


def test_concurrent_appends_and_relays_lose_and_repeat_nothing() -> None:
    writers = iter("abcdefgh")

    def write_and_relay() -> None:
        name = next(writers)
        for number in range(20):
            append(f"{name}{number:02}")
            outbox.relay("feed")

    at_once(8, write_and_relay)
    outbox.relay("feed")
    names = logged()
    assert len(names) == 160
    for name in "abcdefgh":
        assert [one for one in names if one[0] == name] == [f"{name}{number:02}" for number in range(20)]


@pytest.mark.fault("a transaction that has created a user stays open")
def test_a_job_runs_to_its_end_while_another_transaction_with_an_append_is_open() -> None:
    """SQLite has one writer, so there the job is made first."""
    if connection.vendor == "sqlite":
        assert stepping.finished(500).state == Job.State.FINISHED
    with open_transaction():
        if connection.vendor == "postgresql":
            assert stepping.finished(500).state == Job.State.FINISHED
    outbox.relay("users")
    assert outbox.head("users").head == 503 + 1  # queued, started, 500 accounts, finished; and the open append


def test_a_relay_gives_way_to_a_transaction_that_holds_the_feed() -> None:
    append_last("first")
    append("a")
    if connection.vendor == "postgresql":
        with open_transaction(locks_feed=True):
            assert not outbox.relay("feed")
            with pytest.raises(OperationalError):
                outbox.head("feed")
    assert outbox.relay("feed")
    assert logged() == ["first", "a"]


def test_the_scheduled_task_relays_every_feed() -> None:
    append("a")
    with transaction.atomic():
        outbox.append("other", [text("b")])
    relay_outbox()
    assert [log.position(feed).head for feed in ("feed", "other")] == [1, 1]
