"""API errors (RFC 9457): their stable codes, their sentences, and the problem that each exception becomes."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Self

from django.http import HttpResponse, JsonResponse
from ninja.errors import HttpError, ValidationError

from task.jobs.actions import WrongState
from task.jobs.credentials import NoCredentials
from task.jobs.start import RequestIdReused, TooManyJobs, UnusableTotal
from task.models import Job
from task.options import UnusableOption

MEDIA_TYPE = "application/problem+json"

CODES: Mapping[str, int] = {
    "bad_request": 400,
    "bad_json": 400,
    "not_signed_in": 401,
    "not_allowed": 403,
    "large_job_not_allowed": 403,
    "csrf": 403,
    "https_required": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "not_now": 409,
    "no_credentials": 409,
    "cursor_lost": 410,
    "length_required": 411,
    "too_large": 413,
    "uri_too_long": 414,  # asgi_config.web.http_channel answers 414 and 431
    "unsupported_media_type": 415,
    "invalid": 422,
    "request_id_reused": 422,
    "too_many_jobs": 429,
    "too_many_connections": 429,
    "headers_too_large": 431,
    "internal": 500,
    "unavailable": 503,
}

# Used for responses of Django itself, where only the status is known.
SENTENCES: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "Malformed request: check the URL, and that ALLOWED_HOSTS has the name in it."),
    401: ("not_signed_in", "Sign in, or send `Authorization: Bearer TOKEN` (see `manage.py token USER`)."),
    403: ("not_allowed", "Permission denied: ask an administrator for access."),
    404: ("not_found", "Not found: /api/docs lists all endpoints."),
    405: ("method_not_allowed", "Method not allowed: use one from the Allow header."),
    413: ("too_large", "Request too large: send less data."),
    500: ("internal", "Internal server error (logged): try again, or contact the operator."),
    503: ("unavailable", "Database unavailable, and nothing was changed: retry after `Retry-After` seconds."),
}

JOB_NOT_FOUND = "Job not found: GET /api/jobs lists all jobs."
BAD_JSON = "The body is not valid JSON: send one JSON object."
OTHER_VALUES = "This request id was used with other values: send a new Idempotency-Key to create another job."

# By pydantic's error type; the words follow the field's name.
VALIDATION_WORDS: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "must be a whole number with fewer digits",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
    "string_type": "must be text",
    "string_too_long": "must have {max_length} characters or fewer",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "contains a character that is not allowed",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
}
LONGEST_FIELD_NAME = 60


class Problem(Exception):
    """Ends a request with the status of its code. `more` adds members to those that every problem has."""

    def __init__(
        self, code: str, detail: str, *, retry_after_seconds: int | None = None, more: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.status = CODES[code]
        self.headers: dict[str, str] = {}
        if self.status == HTTPStatus.UNAUTHORIZED:
            self.headers["WWW-Authenticate"] = "Bearer"
        if retry_after_seconds is not None:
            self.headers["Retry-After"] = str(retry_after_seconds)
        self.content = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": detail,
            "code": code,
            **(more or {}),
        }

    @classmethod
    def of_status(cls, status: int) -> Self:
        """The problem for an error response of Django or its middleware."""
        if status not in SENTENCES:
            status = 500 if status >= 500 else 400
        return cls(*SENTENCES[status])

    @classmethod
    def invalid(cls, field: str, detail: str) -> Self:
        return cls.of_errors([{"field": field, "detail": detail}])

    @classmethod
    def of_errors(cls, errors: Sequence[Mapping[str, str]]) -> Self:
        more = "" if len(errors) == 1 else f" ({len(errors) - 1} more in errors.)"
        return cls("invalid", f"{errors[0]['detail']}{more}", more={"errors": list(errors)})


PROBLEMS: Mapping[type[Exception], Callable[[Any], Problem]] = {
    Problem: lambda problem: problem,
    Job.DoesNotExist: lambda _: Problem("not_found", JOB_NOT_FOUND),
    NoCredentials: lambda error: Problem("no_credentials", str(error)),
    WrongState: lambda error: Problem("not_now", str(error)),
    RequestIdReused: lambda _: Problem("request_id_reused", OTHER_VALUES),
    TooManyJobs: lambda error: Problem("too_many_jobs", str(error), retry_after_seconds=error.retry_after_seconds),
    UnusableTotal: lambda error: Problem.invalid("total", str(error)),
    UnusableOption: lambda error: Problem.invalid(f"options.{error.name}", str(error)),
    ValidationError: lambda error: Problem.of_errors(field_errors(error.errors)),
    HttpError: lambda _: Problem("bad_json", BAD_JSON),  # ninja raises it only for a body that the parser cannot read
}


def problem_of(error: Exception) -> Problem | None:
    """Returns the problem that the caller can correct, and None for a server error."""
    return next((make(error) for kind, make in PROBLEMS.items() if isinstance(error, kind)), None)


def response_of(problem: Problem) -> HttpResponse:
    return JsonResponse(problem.content, status=problem.status, headers=problem.headers, content_type=MEDIA_TYPE)


def field_errors(found: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """`field` and `detail` of each pydantic error. The field is its path, such as `options.remove_after_hours`."""
    return [{"field": (field := _field(error["loc"])), "detail": _detail(field, error)} for error in found]


def _field(location: Sequence[object]) -> str:
    """Leaves out the source (`query`, `body`) and the name of the operation's parameter."""
    source, *path = location
    if source == "body":
        path = path[1:]
    return ".".join(str(step)[:LONGEST_FIELD_NAME] for step in path) or "body"


def _detail(field: str, error: Mapping[str, Any]) -> str:
    words = VALIDATION_WORDS.get(error["type"], "is not valid")
    subject = "The body" if field == "body" else field
    return f"{subject} {words.format(**error.get('ctx', {}))}."
