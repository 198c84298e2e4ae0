"""What goes in and out, as OpenAPI shows it."""

from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import IntegerField
from ninja import Schema
from pydantic import ConfigDict, Field, SecretStr

from task import options
from task.api.errors import CODES
from task.jobs.start import LONGEST_PASSWORD

LONGEST_QUERY = 150  # As long as a username may be.
PAGE_SIZE = 50
LONGEST_PAGE = 100
BELOW = "Only those with a smaller id; users of a job: a smaller number."

State = Literal["queued", "running", "finished", "failed", "cancelled", "removing", "removed"]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time", "examples": ["2026-01-01T12:00:00.000Z"]})]
Whole = Annotated[int, Field(strict=True)]
Key = Annotated[int, Field(ge=0, le=2**63 - 1)]

if TYPE_CHECKING:
    UserKey = int
    UserPlace = int
elif isinstance(get_user_model()._meta.pk, IntegerField):
    UserKey, UserPlace = int, Key
else:
    UserKey, UserPlace = str, Key | UUID


def one_of(name: str, description: str) -> Any:
    """A field for an option with choices; task.options refuses any other."""
    choices: list[Any] = [*options.CHOICES[name]]
    default = getattr(options.Options(), name)
    return Field(default, description=description, json_schema_extra={"enum": choices})


class OptionsShown(Schema):
    """What was chosen beside the total."""

    remove_after_hours: Whole | None = Field(
        None,
        description="When the accounts are removed by themselves, counted from the request; null for never.",
        json_schema_extra={"minimum": 1, "maximum": options.LONGEST_EXPIRY_HOURS},
    )
    names: str = one_of("names", "user_XXXXXXXXXX, or names as people have them.")
    locale: str = one_of("locale", "The language of realistic names.")
    seed: Whole | None = Field(
        None,
        description="The same seed and options give the same names in an empty database. Told with auth.view_user.",
        json_schema_extra={"minimum": 0, "maximum": options.GREATEST_SEED},
    )
    passwords: str = one_of("passwords", "Each account its own, or shared_password for all.")
    hashing: str = one_of("hashing", "Of individual passwords: fast, or at full strength.")
    groups: list[Annotated[int, Field(strict=True, ge=0, le=2**63 - 1)]] = Field(
        [], description="Ids of groups that the accounts join: only those whose permissions the caller all holds."
    )
    is_active: Annotated[bool, Field(strict=True)] = Field(True, description="Whether the accounts may sign in.")


class Options(OptionsShown):
    """What may be chosen beside the total."""

    model_config = ConfigDict(extra="forbid")

    shared_password: SecretStr = Field(
        SecretStr(""),
        description="With passwords shared: the one of all accounts. No answer shows it.",
        json_schema_extra={"writeOnly": True, "maxLength": LONGEST_PASSWORD},
    )

    def chosen(self) -> options.Options:
        return options.Options(**self.dict() | {"shared_password": self.shared_password.get_secret_value()})


class JobWanted(Schema):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"total": 500}})

    total: Whole = Field(
        description="How many accounts.",
        examples=[500],
        json_schema_extra={"minimum": 1, "maximum": settings.GENERATE_BULK_MAX},
    )
    options: Options = Options.model_validate({})
    request_id: UUID | None = Field(
        None, description="Asking again with the same id and values is the same job. As the header Idempotency-Key."
    )


class JobShown(Schema):
    id: int
    state: State
    total: int
    created: int
    removed: int = Field(description="How many of the created accounts the removal has deleted.")
    requested_by: str | None = Field(description="A username; null from a shell, or without auth.view_user.")
    options: OptionsShown
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    remove_at: Moment | None
    removal_began_at: Moment | None
    removed_at: Moment | None
    error: str
    waiting: str = Field(description="Why a queued job has no account yet, in words; else empty.")


class JobPage(Schema):
    items: list[JobShown]
    next: str | None = Field(description="Where older ones are; null on the last page.")


class Paged(Schema):
    before: Key | None = Field(None, description=BELOW)
    limit: int = Field(PAGE_SIZE, ge=1, le=LONGEST_PAGE)


class JobFilter(Paged):
    state: State | None = None
    request_id: UUID | None = None


class RemovalShown(Schema):
    """What a removal would do now."""

    removes: int
    keeps: int
    reasons: dict[str, int] = Field(description="How many are kept, by the first reason that holds.")


class UserTold(Schema):
    """As the feed tells of a user."""

    id: UserKey
    username: str
    email: str
    date_joined: Moment


class UserShown(UserTold):
    job: int | None
    number: int | None


class UserPage(Schema):
    """Rows with their cursor: follow the feed from the first page's (epoch, head), and nothing is missed."""

    epoch: UUID
    head: int
    total: int = Field(description="How many users there are (of the job, with ?job=); q does not narrow it.")
    items: list[UserShown]
    next: str | None


class UserFilter(Paged):
    before: UserPlace | None = Field(None, description=BELOW)
    q: str = Field("", max_length=LONGEST_QUERY, pattern=r"^[^\x00]*$", description="Part of a name or e-mail.")
    job: Key | None = None


class ProblemShown(Schema):
    """application/problem+json; `code` is stable, `detail` is one sentence that says what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(json_schema_extra={"enum": list(CODES)})
    errors: list[dict[str, str]] | None = Field(None, description="With code invalid: a field and a detail each.")
