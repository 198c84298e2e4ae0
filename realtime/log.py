"""The log: the truth of every feed, and the only owner of its tables.

Offsets are dense and in commit order, because `append` holds the feed's row until the caller's commit.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from typing import Any
from uuid import uuid4

from django.db import models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone

from realtime import hints
from realtime.models import Batch as StoredBatch
from realtime.models import FeedHead
from realtime.protocol import Batch, Cursor, Position, pack

Clock = Callable[[], datetime.datetime]

READ_ROWS = 100
TRIM_ROWS = 500


class CursorLost(Exception):
    """The log cannot go on from this cursor: `reason` is `epoch`, `trimmed` or `ahead`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Snapshot(Position):
    """A position, and what was counted in the same statement."""

    counted: Mapping[str, int] = field(default_factory=dict)


def append(feed: str, events: Sequence[str], *, key: str = "", clock: Clock = timezone.now) -> int:
    """Append events, the JSON texts of objects without an offset, in the caller's transaction; return the new head.

    The feed's row stays locked until that transaction ends, so nobody's later offset can be committed earlier: lock
    whatever else you need before. After the commit, and only then, one hint goes to the channel layer.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("append() belongs into the transaction of what it tells about.")
    if not events:
        raise ValueError("append() needs an event: a batch is never empty.")
    row = _locked(feed)
    now = clock()
    rows = [
        StoredBatch(feed=row, first=first, last=last, key=key, payload=payload, created_at=now)
        for first, last, payload in pack(events, row.head + 1)
    ]
    StoredBatch.objects.bulk_create(rows, batch_size=1)
    row.head += len(events)
    FeedHead.objects.filter(pk=row.pk).update(head=row.head)
    transaction.on_commit(partial(hints.send, feed, row.epoch, [_batch(batch) for batch in rows]), robust=True)
    return row.head


def head(feed: str, **counted: models.Expression) -> Snapshot:
    """Where the feed stands and what `counted` counts, out of ONE statement: a count that matches its cursor."""
    rows: Any = FeedHead.objects.filter(name=feed).values("epoch", "head", "floor", **counted)
    row = rows.first() or rows.get(pk=_feed(feed).pk)
    return Snapshot(row["epoch"], row["head"], row["floor"], {name: row[name] for name in counted})


def count_of(rows: models.QuerySet[models.Model]) -> models.Expression:
    """How many `rows` there are, for `head`."""
    counted = rows.order_by().values(one=models.Value(1)).annotate(number=models.Count("*")).values("number")
    return Coalesce(models.Subquery(counted), 0)


def offset_of(feed: str) -> models.Expression:
    """The feed's head, for rows that are read together with the offset at which they are true, in ONE statement."""
    return Coalesce(models.Subquery(FeedHead.objects.filter(name=feed).values("head")), 0)


def timeline(
    feed: str, key: str, *, through: int, since: datetime.datetime, before: datetime.datetime | None
) -> list[tuple[datetime.datetime, int]]:
    """(when, how many) events of the key up to the offset and between the times, oldest first, as far as kept."""
    rows = StoredBatch.objects.filter(feed__name=feed, key=key, last__lte=through, created_at__gte=since)
    if before is not None:
        rows = rows.filter(created_at__lt=before)
    return list(rows.order_by("last").values_list("created_at", models.F("last") - models.F("first") + 1))


def read(feed: str, cursor: Cursor, *, key: str | None = None, limit: int = READ_ROWS) -> tuple[list[Batch], int]:
    """At most `limit` batches after the cursor, and the offset up to which nothing was left out.

    Raises CursorLost rather than leave a hole, also when the log is trimmed, or gets another life, while this reads. No
    transaction needed: the head is read before the rows, so that what a filter passes over was committed; the floor is
    read after them, and the epoch together with them.
    """
    row = _feed(feed)
    _refuse(row, cursor)
    stored = StoredBatch.objects.filter(feed=row.pk, feed__epoch=cursor.epoch, last__gt=cursor.offset).order_by("last")
    if key is not None:
        stored = stored.filter(key=key)
    batches = [Batch.stored(*values) for values in stored.values_list("first", "last", "key", "payload")[:limit]]
    if not batches or batches[0].first > cursor.offset + 1:
        _refuse(_feed(feed), cursor)
    if len(batches) == limit:
        return batches, batches[-1].last
    return batches, max(row.head, batches[-1].last if batches else 0)


def trim(feed: str, *, keep: int, older_than: datetime.datetime) -> int:
    """Delete what is older than that or beyond the newest `keep` events; return how many events went.

    Oldest first, a few hundred rows a transaction: no writer waits long, and a crash leaves the log whole.
    """
    trimmed = 0
    while count := _trim_some(feed, keep, older_than):
        trimmed += count
    return trimmed


def feeds() -> list[str]:
    return list(FeedHead.objects.values_list("name", flat=True))


@transaction.atomic(durable=True)
def new_epoch() -> list[str]:
    """Begin a new life of every feed, all in one transaction; return their names. For a database that went back.

    The log and the head stay, as they agree with the database. Every cursor of before is refused with `epoch`, and its
    watcher reloads; a hub finds out with its next head check.
    """
    names = []
    for row in FeedHead.objects.select_for_update().order_by("name"):
        FeedHead.objects.filter(pk=row.pk).update(epoch=uuid4())
        names.append(row.name)
    return names


def positions() -> dict[str, Position]:
    """Where each feed stands."""
    return {row.name: Position(row.epoch, row.head, row.floor) for row in FeedHead.objects.all()}


@transaction.atomic
def _trim_some(feed: str, keep: int, older_than: datetime.datetime) -> int:
    row = _locked(feed)
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


def _feed(name: str) -> FeedHead:
    """The feed's row, which its first use makes."""
    return FeedHead.objects.filter(name=name).first() or FeedHead.objects.get_or_create(name=name)[0]


def _locked(name: str) -> FeedHead:
    feeds = FeedHead.objects.select_for_update()
    return feeds.filter(name=name).first() or feeds.get(pk=_feed(name).pk)


def _refuse(row: FeedHead, cursor: Cursor) -> None:
    if reason := Position(row.epoch, row.head, row.floor).reset_reason(cursor):
        raise CursorLost(reason)


def _batch(row: StoredBatch) -> Batch:
    return Batch.stored(row.first, row.last, row.key, row.payload)
