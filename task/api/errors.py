"""What can go wrong at this door: each with a stable code, and one sentence that says what to do. Pure (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

MEDIA_TYPE = "application/problem+json"

CODES: Mapping[str, int] = {
    "bad_request": 400,
    "bad_json": 400,
    "not_signed_in": 401,
    "not_allowed": 403,
    "large_job_not_allowed": 403,
    "csrf": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "not_now": 409,
    "no_credentials": 409,
    "cursor_lost": 410,
    "length_required": 411,
    "too_large": 413,
    "unsupported_media_type": 415,
    "invalid": 422,
    "request_id_reused": 422,
    "too_many_jobs": 429,
    "too_many_connections": 429,
    "internal": 500,
    "unavailable": 503,
}

# For what Django answers by itself, where the status is all that is known.
SENTENCES: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "The request cannot be read: check its address and its Host header."),
    401: ("not_signed_in", "Send `Authorization: Bearer TOKEN` (`manage.py token USER` makes one), or sign in."),
    403: ("not_allowed", "You may not do this: ask an administrator for the permission."),
    404: ("not_found", "There is nothing at this address: /api/docs shows what there is."),
    405: ("method_not_allowed", "This address does not take that method: the header Allow lists those that it takes."),
    413: ("too_large", "The request is too large: send less."),
    500: ("internal", "This went wrong here, not at your end. It is logged; try again, or tell the operator."),
    503: ("unavailable", "The database cannot be used just now; it was not done, and nothing is lost: try again soon."),
}

Errors = Sequence[Mapping[str, str]]


class Problem(Exception):
    """Ends a request with the status of its code; `more` are members beside those of every problem."""

    def __init__(
        self, code: str, detail: str, *, headers: Mapping[str, str] | None = None, more: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.status = CODES[code]
        self.headers = dict(headers or {})
        if self.status == HTTPStatus.UNAUTHORIZED:
            self.headers["WWW-Authenticate"] = "Bearer"
        self.content = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": detail,
            "code": code,
            **(more or {}),
        }

    @classmethod
    def of_status(cls, status: int) -> "Problem":
        """The problem of an answer that somebody else made."""
        if status not in SENTENCES:
            status = 500 if status >= 500 else 400
        return cls(*SENTENCES[status])

    @classmethod
    def invalid(cls, field: str, detail: str) -> "Problem":
        return cls.of_errors([{"field": field, "detail": detail}])

    @classmethod
    def of_errors(cls, errors: Errors) -> "Problem":
        more = "" if len(errors) == 1 else f" ({len(errors) - 1} more in errors.)"
        return cls("invalid", f"{errors[0]['detail']}{more}", more={"errors": list(errors)})
