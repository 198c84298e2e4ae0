"""The feed for programs that rather pull: a long poll with the socket's rules for the cursor."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from channels.db import database_sync_to_async
from django.http import HttpRequest, HttpResponse
from ninja import Router

from realtime.endpoints.connection_limits import hold_connection
from realtime.endpoints.poll import poll
from realtime.log import CursorLost
from realtime.protocol import KEY_DIGITS, OFFSET_DIGITS, CloseCode, Disconnect, parse_subscription
from task.api.answers import retry_after
from task.api.auth import authorise
from task.api.errors import MEDIA_TYPE, Problem
from task.api.event_schemas import EventPage
from task.api.openapi import parameter, problems
from task.events import FEED

router = Router(tags=["users"])

MOST_BATCHES = 100
DEFAULT_BATCHES = 10
LONGEST_WAIT_SECONDS = 30
RETRY_SECONDS = 10
NUMBER = re.compile(r"[0-9]{1,4}")

LOST: Mapping[str, str] = {
    "trimmed": "The log no longer reaches back to this cursor",
    "epoch": "The feed began anew under another epoch",
    "ahead": "The feed has not come so far: its database went back",
}
RELOAD = "{reason}: load GET /api/users again, and go on from the epoch and head of its first page."

DESCRIBED: dict[str, Any] = problems("cursor_lost", "invalid", "too_many_connections")
DESCRIBED["responses"][410]["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/CursorLost"}}}
DESCRIBED["security"] = [{"ByToken": []}, {"BySession": []}]
DESCRIBED["parameters"] = [
    parameter(
        "after",
        "The offset to go on from; without it, from now on; 0 for all.",
        {"type": "integer", "minimum": 0, "maximum": 10**OFFSET_DIGITS - 1},
    ),
    parameter("epoch", "What the offset belongs to: with an `after` above 0.", {"type": "string", "format": "uuid"}),
    parameter("job", "Only events of this job.", {"type": "integer", "minimum": 0, "maximum": 10**KEY_DIGITS - 1}),
    parameter(
        "limit",
        "How many batches, of 1 to 200 events each.",
        {"type": "integer", "minimum": 1, "maximum": MOST_BATCHES, "default": DEFAULT_BATCHES},
    ),
    parameter(
        "wait",
        "How many seconds to wait where there is no event yet.",
        {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT_SECONDS, "default": 0},
    ),
]

# A thread of no one else: on the shared one a slow query would hold up all that watch.
_authorise = database_sync_to_async(authorise, thread_sensitive=False)


@router.get("/events", auth=None, response=EventPage, summary="Poll for events", openapi_extra=DESCRIBED)
async def list_events(request: HttpRequest) -> HttpResponse:
    """Every event after the cursor, as soon as there is one. A poll counts as one of its person's sockets."""
    user = await _authorise(request, "auth.view_user")
    query = urlencode(parse_qsl(request.META["QUERY_STRING"]))  # A parameter without a value counts as not given.
    limit = _number(query, "limit", DEFAULT_BATCHES, least=1, most=MOST_BATCHES)
    wait = _number(query, "wait", 0, least=0, most=LONGEST_WAIT_SECONDS)
    try:
        with hold_connection(user.pk):
            text = await poll(FEED, parse_subscription(query, "job"), limit=limit, wait_seconds=wait)
    except (CursorLost, Disconnect) as error:
        raise _problem(error) from error
    return HttpResponse(text, content_type="application/json")


def _number(query: str, name: str, default: int, *, least: int, most: int) -> int:
    value = dict(parse_qsl(query)).get(name, str(default))
    if not (NUMBER.fullmatch(value) and least <= int(value) <= most):
        raise Problem.invalid(name, f"{name} must be a whole number from {least} to {most}.")
    return int(value)


def _problem(error: CursorLost | Disconnect) -> Problem:
    if isinstance(error, CursorLost):
        position = error.position
        more = {"epoch": str(position.epoch), "head": position.head, "reason": error.reason}
        return Problem("cursor_lost", RELOAD.format(reason=LOST[error.reason]), more=more)
    if error.code == CloseCode.TOO_MANY:
        return Problem("too_many_connections", str(error), headers=retry_after(RETRY_SECONDS))
    return Problem.invalid(str(error).split()[0], str(error))  # The sentence begins with the parameter's name.
