"""The feed as OpenAPI shows it. tests/unit/docs/test_asyncapi.py holds its events to those of docs/asyncapi.yaml."""

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
    """`job`, `number` and `total` are null for a user that no job made."""

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
    """Send `last` as `after` next time, with the epoch."""

    epoch: UUID
    head: Count = Field(description="The newest event that there is.")
    last: Count = Field(description="All events up to here are told, or left out by `job`.")
    events: list[Event] = Field(description="As the socket sends them. A later version may add types: pass over those.")


class CursorLost(ProblemShown):
    """The cursor cannot be honoured: load GET /api/users again, and go on from the epoch and head of its first page."""

    epoch: UUID
    head: Count
    reason: str = Field(json_schema_extra={"enum": [*RESET_REASONS]})
