"""Deletes many rows a few at a time, so that no writer waits long and a crash leaves nothing half done."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

ROWS = 500
MOST_SECONDS = 4.0  # tidying does this six times, in a task that is ended after 30


def delete(rows: QuerySet[Any], *, seconds: float = MOST_SECONDS) -> int:
    """Delete the rows, ROWS a transaction.

    A row that is no longer one of them when its turn comes stays: a worker that was silent may have spoken again.
    """
    return repeat(partial(_delete_some, rows), seconds=seconds)


def repeat(portion: Callable[[], int], *, seconds: float = MOST_SECONDS) -> int:
    """Take portions until one is empty, for so long at most; return how many rows went. What is left goes next time."""
    until, gone = time.monotonic() + seconds, 0
    while number := portion():
        gone += number
        if time.monotonic() > until:
            break
    return gone


def _delete_some(rows: QuerySet[Any]) -> int:
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:ROWS])
    if keys:
        with transaction.atomic(durable=True):
            rows.filter(pk__in=keys).delete()
    return len(keys)
