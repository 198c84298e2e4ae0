"""The event log of every feed. Only this module writes its tables.

Offsets have no gaps and follow commit order, because `append` locks the feed's row until the caller's commit. Other
packages append with realtime.outbox, which decides when that lock is right.
"""

import datetime
from collections.abc import Callable, Sequence
from functools import partial
from itertools import takewhile
from uuid import uuid4

from django.db import models, transaction
from django.utils import timezone

from realtime import hints
from realtime.models import Batch as StoredBatch
from realtime.models import FeedHead
from realtime.protocol import Batch, Cursor, Position, pack

Clock = Callable[[], datetime.datetime]

READ_BATCHES = 100
TRIM_ROWS = 500


class CursorLost(Exception):
    """The log cannot continue from a cursor, for a `reason` of RESET_REASONS. Reload, then follow from `position`."""

    def __init__(self, position: Position, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason


def append(feed: str, events: Sequence[str], *, key: str = "", clock: Clock = timezone.now) -> None:
    """Appends events to a feed in the caller's transaction.

    Each event is the JSON text of an object without `offset`. Locks the feed's row until the transaction ends, so take
    other locks first. After the commit, sends one hint, which may be lost. Raises TransactionManagementError outside a
    transaction, and ValueError for no events.
    """
    require_appendable(events)
    append_to(lock(feed), events, key=key, at=clock())


def require_appendable(events: Sequence[str]) -> None:
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("Append inside the transaction that makes the change.")
    if not events:
        raise ValueError("An append needs at least one event.")


def append_to(row: FeedHead, events: Sequence[str], *, key: str, at: datetime.datetime) -> None:
    """Appends the events to the feed of a row that the caller has locked, and moves the row's head."""
    packed = list(pack(events, row.head + 1))
    StoredBatch.objects.bulk_create(
        [
            StoredBatch(feed=row, first=first, last=last, key=key, payload=payload, created_at=at)
            for first, last, payload in packed
        ],
        batch_size=1,
    )
    row.head += len(events)
    FeedHead.objects.filter(pk=row.pk).update(head=row.head)
    batches = [Batch.stored(first, last, key, payload) for first, last, payload in packed]
    transaction.on_commit(partial(hints.send, row.name, row.epoch, batches), robust=True)


def lock(feed: str) -> FeedHead:
    """Locks the feed's row until the transaction ends, and returns it. Creates it on first use."""
    rows = FeedHead.objects.select_for_update(no_key=True)
    return rows.filter(name=feed).first() or rows.get(pk=feed_head(feed).pk)


def try_lock(feed: str) -> FeedHead | None:
    """Locks the feed's row like `lock`, or returns None at once if another transaction holds it."""
    return FeedHead.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=feed_head(feed).pk).first()


def feed_head(feed: str) -> FeedHead:
    """Returns the feed's row without a lock. Creates it on first use."""
    return FeedHead.objects.filter(name=feed).first() or FeedHead.objects.get_or_create(name=feed)[0]


def position(feed: str) -> Position:
    """Returns the feed's epoch, newest committed offset and floor. Creates the feed on first use."""
    row = feed_head(feed)
    return Position(row.epoch, row.head, row.floor)


def timeline(
    feed: str, key: str, *, through: int, since: datetime.datetime, before: datetime.datetime | None
) -> list[tuple[datetime.datetime, int]]:
    """Returns (time, number of events) for each batch of the key, oldest first.

    Covers the batches up to offset `through` that were created from `since` until `before` and are not trimmed yet.
    """
    rows = StoredBatch.objects.filter(feed__name=feed, key=key, last__lte=through, created_at__gte=since)
    if before is not None:
        rows = rows.filter(created_at__lt=before)
    return list(rows.order_by("last").values_list("created_at", models.F("last") - models.F("first") + 1))


def read(feed: str, cursor: Cursor, *, key: str | None = None, limit: int = READ_BATCHES) -> tuple[list[Batch], int]:
    """Returns up to `limit` batches after the cursor, and the offset through which they are complete.

    With `key`, returns only that key's batches. The first batch may start at or before the cursor. Raises CursorLost
    rather than leave a gap, even if the log is trimmed or gets a new epoch meanwhile. Needs no transaction, because it
    reads the head before the rows and checks floor and epoch again after them.
    """
    row = feed_head(feed)
    _require_valid(cursor, row)
    stored = StoredBatch.objects.filter(feed=row.pk, feed__epoch=cursor.epoch, last__gt=cursor.offset).order_by("last")
    if key is not None:
        stored = stored.filter(key=key)
    batches = [Batch.stored(*values) for values in stored.values_list("first", "last", "key", "payload")[:limit]]
    if not batches or batches[0].first > cursor.offset + 1:
        _require_valid(cursor, feed_head(feed))
    if len(batches) == limit:
        return batches, batches[-1].last
    return batches, max(row.head, batches[-1].last if batches else 0)


def trim(feed: str, *, keep: int, older_than: datetime.datetime) -> int:
    """Deletes batches created before `older_than` or beyond the newest `keep` events; returns the number of events.

    Deletes the oldest first, 500 rows a transaction: no writer waits long, and a crash leaves the log consistent. Call
    it outside a transaction, because the feed would stay locked for all of it.
    """
    trimmed = 0
    while count := _trim_rows(feed, keep, older_than):
        trimmed += count
    return trimmed


def feeds() -> list[str]:
    return list(FeedHead.objects.values_list("name", flat=True))


@transaction.atomic(durable=True)
def new_epoch() -> list[str]:
    """Gives every feed a new epoch, in one transaction of its own; returns their names. Call it after a restore.

    Keeps the log and the heads, because they agree with the restored database. Every older cursor is lost with reason
    `epoch`, so its watcher reloads. Hubs notice at their next head check. Locks all feeds, in order of name.
    """
    names = []
    for row in FeedHead.objects.select_for_update().order_by("name"):
        FeedHead.objects.filter(pk=row.pk).update(epoch=uuid4())
        names.append(row.name)
    return names


def positions() -> dict[str, Position]:
    """Returns the position of every feed, by name."""
    return {row.name: Position(row.epoch, row.head, row.floor) for row in FeedHead.objects.all()}


@transaction.atomic
def _trim_rows(feed: str, keep: int, older_than: datetime.datetime) -> int:
    row = lock(feed)
    oldest = StoredBatch.objects.filter(feed=row).order_by("last").only("last", "created_at")[:TRIM_ROWS]
    expired = list(
        takewhile(lambda batch: batch.created_at < older_than or batch.last <= row.head - keep, oldest.iterator())
    )
    if not expired:
        return 0
    floor = expired[-1].last
    StoredBatch.objects.filter(feed=row, last__lte=floor).delete()
    FeedHead.objects.filter(pk=row.pk).update(floor=floor)
    return floor - row.floor


def _require_valid(cursor: Cursor, row: FeedHead) -> None:
    position = Position(row.epoch, row.head, row.floor)
    if reason := position.reset_reason(cursor):
        raise CursorLost(position, reason)
