"""The feed as a long poll, for programs that poll instead of holding a socket. The socket's cursor rules apply."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

from channels.db import database_sync_to_async
from django.http import HttpRequest, HttpResponse
from ninja import Router

from realtime.endpoints import access_watch
from realtime.endpoints.draining import CancelScope
from realtime.endpoints.poll import poll
from realtime.log import CursorLost
from realtime.protocol import KEY_DIGITS, OFFSET_DIGITS, Disconnect, parse_subscription
from task.api.auth import authorise_again, authorise_async
from task.api.connections import count_connection
from task.api.errors import MEDIA_TYPE, Problem
from task.api.event_schemas import EventPage
from task.api.openapi import parameter, self_authorised
from task.events import FEED

router = Router(tags=["users"])

PERMISSION = "auth.view_user"
MOST_BATCHES = 100
DEFAULT_BATCHES = 10
LONGEST_WAIT_SECONDS = 30
NUMBER = re.compile(r"[0-9]{1,4}")

LOST: Mapping[str, str] = {
    "trimmed": "The log was trimmed beyond this cursor",
    "epoch": "The feed started a new epoch",
    "ahead": "The cursor is ahead of the feed, because the database was restored",
}
RELOAD = "{reason}: load GET /api/users again, and continue from the epoch and head of its first page."

OPENAPI: dict[str, Any] = self_authorised(
    *("cursor_lost", "invalid", "too_many_connections"),
    parameters=[
        parameter(
            "after",
            "Return events after this offset: 0 for all; without it, only new events.",
            {"type": "integer", "minimum": 0, "maximum": 10**OFFSET_DIGITS - 1},
        ),
        parameter(
            "epoch", "The epoch of the offset. Required if `after` is above 0.", {"type": "string", "format": "uuid"}
        ),
        parameter("job", "Only events of this job.", {"type": "integer", "minimum": 0, "maximum": 10**KEY_DIGITS - 1}),
        parameter(
            "limit",
            "Maximum number of batches, each of 1 to 200 events. An answer has fewer if it would exceed 1 MiB.",
            {"type": "integer", "minimum": 1, "maximum": MOST_BATCHES, "default": DEFAULT_BATCHES},
        ),
        parameter(
            "wait",
            "Seconds to wait if there is no event yet.",
            {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT_SECONDS, "default": 0},
        ),
    ],
)
OPENAPI["responses"][410]["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/CursorLost"}}}

# In a thread of its own: on the shared one a slow query would delay every watcher.
_authorise_again = database_sync_to_async(authorise_again, thread_sensitive=False)


@router.get("/events", auth=None, response=EventPage, summary="Poll for events", openapi_extra=OPENAPI)
async def list_events(request: HttpRequest) -> HttpResponse:
    """Returns the events after the cursor as soon as there is one. A poll counts towards the user's connection limit.

    It counts until the client has read the answer. Continue from (`epoch`, `last`) of the answer.
    """
    changes, scope = access_watch.changes(), CancelScope()
    user = await authorise_async(request, PERMISSION)
    query = urlencode(parse_qsl(request.META["QUERY_STRING"]))  # drops parameters without a value
    limit = _number(query, "limit", DEFAULT_BATCHES, least=1, most=MOST_BATCHES)
    wait = _number(query, "wait", 0, least=0, most=LONGEST_WAIT_SECONDS)
    count_connection(user)
    try:
        subscription = parse_subscription(query, "job")
        check = partial(_authorise_again, request, PERMISSION)
        watching = partial(access_watch.watching, user.pk, check, scope, since=changes)
        async with scope:
            text = await poll(FEED, subscription, limit=limit, wait_seconds=wait, watching=watching)
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
    return Problem.invalid(str(error).split()[0], str(error))  # the sentence begins with the parameter's name
