"""OpenAPI schemas of the feed. tests/unit/docs/test_asyncapi.py compares the events with docs/asyncapi.yaml."""

from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from realtime.protocol import RESET_REASONS
from task.api.schemas import ProblemShown, UserKey, UserTold

Positive = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]


class UserGone(Schema):
    id: UserKey
    username: str


class UserCreated(Schema):
    """`job`, `number` and `total` are null for a user created outside jobs."""

    offset: Positive
    type: Literal["user.created"]
    job: Positive | None
    number: Positive | None
    total: Positive | None
    user: UserTold


class UserRemoved(Schema):
    offset: Positive
    type: Literal["user.removed"]
    job: Positive | None
    user: UserGone


class JobTold(Schema):
    offset: Positive
    job: Positive
    total: Positive
    created: Count


class JobChanged(JobTold):
    type: Literal["job.queued", "job.started", "job.finished", "job.cancelled", "job.removing", "job.removed"]


class JobFailed(JobTold):
    type: Literal["job.failed"]
    error: str


Event = Annotated[UserCreated | UserRemoved | JobChanged | JobFailed, Field(discriminator="type")]


class EventPage(Schema):
    """Send `last` as the next `after`, together with `epoch`."""

    epoch: UUID
    head: Count = Field(description="The newest offset in the log.")
    last: Count = Field(description="The page is complete up to this offset, apart from events that `job` filters out.")
    events: list[Event] = Field(
        description="As the socket sends them. Ignore unknown types: later versions may add some."
    )


class CursorLost(ProblemShown):
    """The log cannot continue from this cursor. Load GET /api/users again; use `epoch` and `head` of its first page."""

    epoch: UUID
    head: Count
    reason: str = Field(json_schema_extra={"enum": [*RESET_REASONS]})
