"""The events of the feed `users`, read from its log."""

import json
from typing import Any

from realtime import log, outbox
from realtime.protocol import Cursor


def feed_events(key: str | None = None) -> list[dict[str, Any]]:
    cursor = Cursor(outbox.head("users").epoch, 0)
    events: list[dict[str, Any]] = []
    while cursor.offset < outbox.head("users").head:
        batches, reached = log.read("users", cursor, key=key)
        events += [event for batch in batches for event in json.loads(batch.frame)["events"]]
        cursor = Cursor(cursor.epoch, reached)
    return events


def feed_types() -> list[str]:
    return [event["type"] for event in feed_events()]


def types_of(job_id: int) -> list[str]:
    return [event["type"] for event in feed_events(str(job_id))]
