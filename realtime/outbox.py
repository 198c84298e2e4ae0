"""The outbox: appends that must not lock their feed, and the relay that moves them to the log.

An append to the log holds up all others until its transaction's commit. So on PostgreSQL an append only inserts one row
here, and after the commit the relay gives its events their offsets, in the order of the rows. SQLite has one writer at
a time anyway, so there an append goes to the log at once.

The events of one append stay together, and the appends of one transaction keep their order. Appends of two transactions
keep their order if one transaction saw the other's work, or waited for its row lock, before it appended.
"""

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from django.db import InternalError, connection, models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone

from realtime import hints, log
from realtime.models import FeedHead, OutboxEntry
from realtime.protocol import Position

Clock = Callable[[], datetime.datetime]
M = TypeVar("M", bound=models.Model)

RELAY_ENTRIES = 500
LOCK_MS = 2_000


@dataclass(frozen=True, slots=True)
class Snapshot(Position):
    """A position, and the counts that the same SQL statement read."""

    counted: Mapping[str, int] = field(default_factory=dict)


def append(feed: str, events: Sequence[str], *, key: str = "", clock: Clock = timezone.now) -> None:
    """Appends events to a feed when the caller's transaction commits.

    Each event is the JSON text of an object without `offset`. On PostgreSQL it costs one INSERT and locks nothing; on
    SQLite see `log.append`. After the commit it sends one hint, which may be lost. Raises
    TransactionManagementError outside a transaction, and ValueError for no events.
    """
    if not is_used():
        log.append(feed, events, key=key, clock=clock)
        return
    log.require_appendable(events)
    OutboxEntry.objects.create(feed=feed, key=key, events=json.dumps(list(events)), created_at=clock())
    transaction.on_commit(partial(hints.send_waiting, feed), robust=True)


def append_last(feed: str, events: Sequence[str], *, key: str = "", clock: Clock = timezone.now) -> None:
    """Appends events at the end of a short transaction that the caller opened itself, so that they need no relay.

    Locks the feed until the commit. If entries wait in the outbox, they come first, and these events wait there too.
    Raises as `append` does.
    """
    log.require_appendable(events)
    row = log.lock(feed)
    if is_used() and _waiting(feed).exists():
        append(feed, events, key=key, clock=clock)
    else:
        log.append_to(row, events, key=key, at=clock())


def is_used() -> bool:
    return connection.vendor == "postgresql"


def relay(feed: str) -> bool:
    """Moves the feed's committed entries to the log. Returns False if another transaction holds the feed.

    Works in transactions of its own, RELAY_ENTRIES at a time. Without entries it is one short query. Does nothing on a
    read-only database.
    """
    with suppress(InternalError):
        while is_used() and _waiting(feed).exists():
            with transaction.atomic(durable=True):
                row = log.try_lock(feed)
                if row is None:
                    return False
                _move(row, list(_waiting(feed)[:RELAY_ENTRIES]))
    return True


def relay_all() -> None:
    """Relays the entries of every feed."""
    for feed in OutboxEntry.objects.order_by("feed").values_list("feed", flat=True).distinct():
        relay(feed)


def head(feed: str, **counted: models.Expression) -> Snapshot:
    """Returns the feed's position and the value of each `counted` expression (see `count_of`).

    One SQL statement reads all of them, so each count is true at exactly that head. Creates the feed on first use, and
    may relay: see `read_at_head`.
    """
    rows = FeedHead.objects.filter(name=feed).annotate(**counted)
    found = read_at_head(feed, rows) or read_at_head(feed, rows.filter(pk=log.feed_head(feed).pk))
    row, offset = found[0]
    return Snapshot(row.epoch, offset, row.floor, {name: getattr(row, name) for name in counted})


def count_of(rows: models.QuerySet[models.Model]) -> models.Expression:
    """Returns the number of `rows` as an expression for `head`."""
    counted = rows.order_by().values(one=models.Value(1)).annotate(number=models.Count("*")).values("number")
    return Coalesce(models.Subquery(counted), 0)


def read_at_head(feed: str, rows: models.QuerySet[M]) -> list[tuple[M, int]]:
    """Evaluates the query in one SQL statement. Returns each row with the feed's head at which it is true.

    If committed entries wait in the outbox, locks the feed, reads again together with the entries, and relays exactly
    these in a transaction of its own. A database that is read-only, such as a standby, relays nothing: then the entries
    come later although the rows may show them. Raises OperationalError if the feed stays locked for LOCK_MS, and
    RuntimeError inside another transaction.
    """
    head_of_feed = Coalesce(models.Subquery(FeedHead.objects.filter(name=feed).values("head")), 0)
    marked: Any = rows.annotate(head_of_feed=head_of_feed, waiting=_waiting_keys(feed))
    found = list(marked)
    if any(row.waiting for row in found):
        with suppress(InternalError), transaction.atomic(durable=True):
            locked = _lock_soon(feed)
            again = list(marked.all())
            _move(locked, list(OutboxEntry.objects.filter(pk__in=again[0].waiting if again else []).order_by("pk")))
            return [(row, locked.head) for row in again]
    return [(row, row.head_of_feed) for row in found]


def _waiting(feed: str) -> models.QuerySet[OutboxEntry]:
    return OutboxEntry.objects.filter(feed=feed).order_by("pk")


def _waiting_keys(feed: str) -> Any:
    """Returns the primary keys of the feed's committed entries as an expression; on SQLite there are none."""
    if not is_used():
        return models.Value(0)
    from django.contrib.postgres.expressions import ArraySubquery  # noqa: PLC0415 (needs psycopg)

    return ArraySubquery(_waiting(feed).values("pk"))


def _lock_soon(feed: str) -> FeedHead:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [str(LOCK_MS)])
    return log.lock(feed)


def _move(row: FeedHead, entries: Sequence[OutboxEntry]) -> None:
    """Appends the entries' events to the feed, whose row the caller has locked, and deletes the entries."""
    for entry in entries:
        log.append_to(row, json.loads(entry.events), key=entry.key, at=entry.created_at)
    OutboxEntry.objects.filter(pk__in=[entry.pk for entry in entries]).delete()
