"""Deletes many rows a few at a time, so that no writer waits long and a crash leaves nothing half done."""

import time
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

ROWS = 500
MOST_SECONDS = 10.0


def delete(rows: QuerySet[Any], *, seconds: float = MOST_SECONDS) -> int:
    """Delete the rows, ROWS a transaction, for so long at most; return how many went. What is left goes next time.

    A row that is no longer one of them when its turn comes stays: a worker that was silent may have spoken again.
    """
    until, deleted = time.monotonic() + seconds, 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:ROWS]):
        with transaction.atomic(durable=True):
            rows.filter(pk__in=keys).delete()
        deleted += len(keys)
        if time.monotonic() > until:
            break
    return deleted
