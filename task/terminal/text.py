"""Words for events, figures and durations in a terminal. Pure."""

import math
from collections.abc import Mapping
from typing import Any

from realtime.printable import printable


def grouped(number: float) -> str:
    return f"{number:,.0f}"


def accounts(number: int) -> str:
    return f"{grouped(number)} {'account' if number == 1 else 'accounts'}"


def left(seconds: float | None) -> str:
    """Returns "" if the time is not known."""
    if seconds is None:
        return ""
    if seconds < 1:
        return "under 1 s left"
    if seconds <= 59:
        return f"{math.ceil(seconds)} s left"
    minutes = round(seconds / 60)
    return f"{minutes} min left" if minutes < 100 else f"{grouped(minutes / 60)} h left"


def took(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"


def reasons(keeps: Mapping[str, int]) -> str:
    """Returns why accounts are kept, such as "2 signed in, 1 made staff"."""
    return ", ".join(f"{grouped(number)} {words}" for words, number in keeps.items())


def event_line(event: Mapping[str, Any]) -> str:
    return f"{event['offset']:>8}  {event['type']:<13} {event_words(event)}"


def event_words(event: Mapping[str, Any]) -> str:
    job = event.get("job")
    if "user" not in event:
        reason = f": {printable(event['error'])}" if "error" in event else ""
        return f"job {job}, {event.get('created')} of {event.get('total')}{reason}"
    name = printable(event["user"]["username"])
    if event["type"] == "user.created" and job is not None:
        return f"{name}  job {job}, {event['number']} of {event['total']}"
    return name if job is None else f"{name}  job {job}"
