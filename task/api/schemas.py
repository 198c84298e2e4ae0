"""Schemas of requests and responses. Their names, fields and docstrings appear in the OpenAPI document."""

from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import IntegerField
from ninja import Schema
from pydantic import ConfigDict, Field, SecretStr, StrictBool, StrictInt

from task import options
from task.api.errors import CODES
from task.jobs.start import LONGEST_PASSWORD

LONGEST_QUERY = 150  # the length of the longest username
PAGE_SIZE = 50
LONGEST_PAGE = 100
BEFORE = "Only rows with a smaller id; with ?job=, users with a smaller number."

State = Literal["queued", "running", "finished", "failed", "cancelled", "removing", "removed"]
Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time", "examples": ["2026-01-01T12:00:00.000Z"]})]
Key = Annotated[int, Field(ge=0, le=2**63 - 1)]

if TYPE_CHECKING:
    UserKey = int
    BeforeUser = int
elif isinstance(get_user_model()._meta.pk, IntegerField):
    UserKey, BeforeUser = int, Key
else:
    UserKey, BeforeUser = str, Key | UUID


def choice(name: str, description: str) -> Any:
    """A field for an option with choices. The document lists them; task.options validates them."""
    choices: list[Any] = [*options.CHOICES[name]]
    default = getattr(options.Options(), name)
    return Field(default, description=description, json_schema_extra={"enum": choices})


class OptionsShown(Schema):
    """The options that a job was requested with."""

    remove_after_hours: StrictInt | None = Field(
        None,
        description="Hours from the request until the accounts are removed automatically; null for never.",
        json_schema_extra={"minimum": 1, "maximum": options.LONGEST_EXPIRY_HOURS},
    )
    names: str = choice("names", "random: like user_kqzlmwxapr; realistic: first and last names.")
    locale: str = choice("locale", "Language of realistic names.")
    seed: StrictInt | None = Field(
        None,
        description="The same seed and options give the same names in an empty database. Visible only with "
        "auth.view_user.",
        json_schema_extra={"minimum": 0, "maximum": options.GREATEST_SEED},
    )
    passwords: str = choice("passwords", "individual: a different password each; shared: shared_password for all.")
    hashing: str = choice(
        "hashing", "Hashing of individual passwords. light: fast, safe for random passwords; full: Django's default."
    )
    groups: list[Annotated[StrictInt, Field(ge=0, le=2**63 - 1)]] = Field(
        [],
        description="Ids of groups that the accounts join. The caller must hold every permission of each group, and "
        "none may be on users, groups or jobs.",
    )
    is_active: StrictBool = Field(True, description="Whether the accounts may sign in.")


class Options(OptionsShown):
    """The options of a new job; each has a default."""

    model_config = ConfigDict(extra="forbid")

    shared_password: SecretStr = Field(
        SecretStr(""),
        description="The password of all accounts, with passwords: shared. No response contains it.",
        json_schema_extra={"writeOnly": True, "maxLength": LONGEST_PASSWORD},
    )

    def chosen(self) -> options.Options:
        return options.Options(**self.dict() | {"shared_password": self.shared_password.get_secret_value()})


class JobWanted(Schema):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"total": 500}})

    total: StrictInt = Field(
        description="Number of accounts to create.",
        examples=[500],
        json_schema_extra={"minimum": 1, "maximum": settings.GENERATE_BULK_MAX},
    )
    options: Options = Options.model_validate({})
    request_id: UUID | None = Field(
        None,
        description="Repeating a request with the same id and values returns the same job. Same as the header "
        "Idempotency-Key.",
    )


class JobShown(Schema):
    id: int
    state: State
    total: int
    created: int
    removed: int = Field(description="Number of created accounts that the removal has deleted.")
    requested_by: str | None = Field(
        description="A username; null if requested from the command line, or without auth.view_user."
    )
    options: OptionsShown
    created_at: Timestamp
    started_at: Timestamp | None
    finished_at: Timestamp | None
    remove_at: Timestamp | None
    removal_began_at: Timestamp | None
    removed_at: Timestamp | None
    error: str
    waiting: str = Field(description="Why a queued job has no account yet; otherwise empty.")


class JobPage(Schema):
    items: list[JobShown]
    next: str | None = Field(description="URL of the next, older page; null on the last page.")


class Paged(Schema):
    before: Key | None = Field(None, description=BEFORE)
    limit: int = Field(PAGE_SIZE, ge=1, le=LONGEST_PAGE)


class JobFilter(Paged):
    state: State | None = None
    request_id: UUID | None = None


class RemovalShown(Schema):
    """What a removal would do now: the numbers of accounts to remove and to keep."""

    removes: int
    keeps: int
    reasons: dict[str, int] = Field(description="Number of kept accounts by the first reason that applies.")


class UserTold(Schema):
    """A user as in the events of the feed."""

    id: UserKey
    username: str
    email: str
    date_joined: Timestamp


class UserShown(UserTold):
    job: int | None
    number: int | None


class UserPage(Schema):
    """Users with the feed's cursor: follow the feed from (epoch, head) of the first page to miss no change."""

    epoch: UUID
    head: int
    total: int = Field(description="Number of all users, or of the job's users with ?job=; q does not change it.")
    items: list[UserShown]
    next: str | None


class UserFilter(Paged):
    before: BeforeUser | None = Field(None, description=BEFORE)
    q: str = Field(
        "", max_length=LONGEST_QUERY, pattern=r"^[^\x00]*$", description="Part of a username or e-mail address."
    )
    job: Key | None = None


class ProblemShown(Schema):
    """application/problem+json. `code` is stable; `detail` is one sentence with what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(json_schema_extra={"enum": list(CODES)})
    errors: list[dict[str, str]] | None = Field(None, description="With code invalid: field and detail of each error.")
