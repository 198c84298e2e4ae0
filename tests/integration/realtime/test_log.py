"""The log on a real database: offsets without gaps in commit order, reads without a hole, and trimming."""

import datetime
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from realtime import log, outbox
from realtime.models import Batch, FeedHead
from realtime.protocol import Cursor
from realtime.tasks import trim_feeds
from tests.support.database import Append, at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User = get_user_model()


def read_offsets(cursor: Cursor, **options: str) -> list[int]:
    batches, _ = log.read("users", cursor, **options)  # type: ignore[arg-type]
    return [event["offset"] for batch in batches for event in json.loads(batch.frame)["events"]]


def test_append_numbers_events_without_a_gap(append: Append) -> None:
    assert append(3) == 3
    assert append(250) == 253
    assert read_offsets(Cursor(outbox.head("users").epoch, 0)) == list(range(1, 254))


def test_append_outside_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        log.append("users", ['{"type":"test"}'])


def test_a_rolled_back_transaction_leaves_no_event_and_no_gap(append: Append) -> None:
    append(1)
    with transaction.atomic():
        log.append("users", ['{"type":"test"}'])
        transaction.set_rollback(True)
    assert append(1) == 2


def test_concurrent_writers_get_offsets_in_commit_order(append: Append) -> None:
    def write() -> None:
        for _ in range(10):
            append(2)

    at_once(4, write)
    assert read_offsets(Cursor(outbox.head("users").epoch, 0)) == list(range(1, 81))
    assert list(Batch.objects.order_by("pk").values_list("last", flat=True)) == list(range(2, 81, 2))


def test_the_first_use_of_a_feed_creates_it_with_its_own_epoch() -> None:
    first = outbox.head("users")
    assert (first.head, first.floor) == (0, 0)
    assert outbox.head("users").epoch == first.epoch
    assert outbox.head("others").epoch != first.epoch


def test_a_count_belongs_to_the_head_read_with_it(append: Append) -> None:
    users = outbox.count_of(User.objects.all())
    assert outbox.head("users", users=users).counted == {"users": 0}
    User.objects.create(username="ann")
    User.objects.create(username="bob")
    snapshot = outbox.head("users", users=users)
    assert (snapshot.counted, snapshot.head) == ({"users": 2}, 2)


def test_a_read_continues_from_any_cursor(append: Append) -> None:
    append(4)
    append(4)
    epoch = outbox.head("users").epoch
    for offset in range(9):
        batches, reached = log.read("users", Cursor(epoch, offset))
        assert reached == 8
        assert [batch.last for batch in batches] == [last for last in (4, 8) if last > offset]


def test_a_limited_read_returns_the_offset_it_reached(append: Append) -> None:
    for _ in range(3):
        append(2)
    batches, reached = log.read("users", Cursor(outbox.head("users").epoch, 0), limit=2)
    assert ([batch.last for batch in batches], reached) == ([2, 4], 4)


def test_a_filtered_read_skips_other_keys(append: Append) -> None:
    append(1, key="7")
    append(1, key="8")
    append(1, key="7")
    append(1)
    epoch = outbox.head("users").epoch
    assert read_offsets(Cursor(epoch, 0), key="7") == [1, 3]
    assert log.read("users", Cursor(epoch, 3), key="7") == ([], 4)


@pytest.mark.parametrize(("offset", "reason"), [(1, "trimmed"), (7, "ahead")])
def test_a_cursor_outside_the_log_is_lost(append: Append, offset: int, reason: str) -> None:
    append(2)
    append(4)
    log.trim("users", keep=4, older_than=datetime.datetime.min.replace(tzinfo=datetime.UTC))
    with pytest.raises(log.CursorLost) as lost:
        log.read("users", Cursor(outbox.head("users").epoch, offset))
    assert lost.value.reason == reason


def test_a_cursor_of_another_epoch_is_lost(append: Append) -> None:
    append(2)
    with pytest.raises(log.CursorLost) as lost:
        log.read("users", Cursor(uuid4(), 1))
    assert lost.value.reason == "epoch"


def test_trim_by_count_deletes_the_oldest_events(append: Append) -> None:
    for _ in range(5):
        append(10)
    assert log.trim("users", keep=25, older_than=timezone.now() - datetime.timedelta(days=1)) == 20
    snapshot = outbox.head("users")
    assert (snapshot.floor, snapshot.head) == (20, 50)
    assert read_offsets(Cursor(snapshot.epoch, 20)) == list(range(21, 51))


def test_trim_by_age_deletes_old_events(append: Append) -> None:
    append(10)
    assert log.trim("users", keep=1000, older_than=timezone.now() - datetime.timedelta(hours=1)) == 0
    assert log.trim("users", keep=1000, older_than=timezone.now() + datetime.timedelta(hours=1)) == 10
    assert outbox.head("users").floor == 10
    assert append(1) == 11


def test_beat_trims_every_feed_by_the_settings(append: Append, settings: Any) -> None:
    append(10)
    append(10)
    settings.EVENTS_KEEP = 12
    trim_feeds()
    assert outbox.head("users").floor == 0
    settings.EVENTS_KEEP = 10
    trim_feeds()
    assert outbox.head("users").floor == 10


def test_the_database_refuses_a_second_batch_with_the_same_end(append: Append) -> None:
    append(2)
    with pytest.raises(IntegrityError):
        Batch.objects.create(feed=FeedHead.objects.get(), first=1, last=2, payload="[]", created_at=timezone.now())


def test_the_database_refuses_a_floor_beyond_the_head(append: Append) -> None:
    append(2)
    with pytest.raises(IntegrityError):
        FeedHead.objects.update(floor=3)


def begin_new_epoch() -> None:
    """Does what a restore does that gives the feed another epoch, and appends new events."""
    Batch.objects.all().delete()
    FeedHead.objects.update(epoch=uuid4(), head=0, floor=0)
    with transaction.atomic():
        log.append("users", ['{"type":"test"}'] * 10, key="of another epoch")


def trim_half() -> None:
    log.trim("users", keep=5, older_than=datetime.datetime.min.replace(tzinfo=datetime.UTC))


@pytest.mark.fault("the log is trimmed or gets a new epoch during a read")
@pytest.mark.parametrize("statement", [1, 2, 3, 4])
@pytest.mark.parametrize("change", [begin_new_epoch, trim_half], ids=lambda change: change.__name__)
def test_a_read_during_a_change_of_the_log_fails_or_returns_the_old_events(
    append: Append, change: Callable[[], None], statement: int
) -> None:
    """The change comes just before each statement of the read. The result is of the cursor's epoch and has no hole."""
    for _ in range(10):
        append(1)
    cursor = Cursor(outbox.head("users").epoch, 0)
    statements = iter(range(1, 100))

    def change_before_statement(execute: Any, *arguments: Any) -> Any:
        if next(statements) == statement:
            change()
        return execute(*arguments)

    with connection.execute_wrapper(change_before_statement):
        result = read_result(cursor)
    assert result in (
        {begin_new_epoch: "epoch", trim_half: "trimmed"}[change],
        [(first, "") for first in range(1, 11)],
    )


def read_result(cursor: Cursor) -> list[tuple[int, str]] | str:
    """Returns the first offset and the key of each batch, or the reason why the cursor is lost."""
    try:
        return [(batch.first, batch.key) for batch in log.read("users", cursor)[0]]
    except log.CursorLost as lost:
        return lost.reason
