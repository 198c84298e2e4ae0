"""Who calls, and whether they may: a token in the header decides alone, otherwise the session, with CSRF."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from task import tokens
from task.api.errors import SENTENCES, Problem
from task.api.parsers import require_readable

WRONG_TOKEN = "This token is unknown, revoked or expired: make another with `manage.py token USER`."  # noqa: S105
NO_BEARER = "Write the header as `Authorization: TokenLookup TOKEN`."
CSRF = "Send the value of the cookie csrftoken as X-CSRFToken, from a page of this site, or use a token."


class Request(HttpRequest):
    """One that an operation gets: `auth` is the user that it was authorised for."""

    auth: Any


def authorise(request: HttpRequest, permission: str = "") -> Any:
    """The user whose right this request uses. Raises Problem unless they have the permission."""
    require_readable(request)
    user = _by_token(request) if _bears_token(request) else _by_session(request)
    if permission and not user.has_perm(permission):
        raise Problem("not_allowed", f"This needs the permission {permission}: ask an administrator for it.")
    return user


class ByToken(AuthBase):
    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, permission: str = "") -> None:
        super().__init__()
        self._permission = permission

    def __call__(self, request: HttpRequest) -> Any:
        return authorise(request, self._permission) if _bears_token(request) else None


class BySession(AuthBase):
    """Asked when there is no token. `csrf` makes the docs page send the header."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = settings.SESSION_COOKIE_NAME
    csrf = True

    def __init__(self, permission: str = "") -> None:
        super().__init__()
        self._permission = permission

    def __call__(self, request: HttpRequest) -> Any:
        return authorise(request, self._permission)


def needing(permission: str) -> list[AuthBase]:
    """What an operation asks of its caller before it reads anything else."""
    return [ByToken(permission), BySession(permission)]


def _bears_token(request: HttpRequest) -> bool:
    """A header of another scheme is meant for a proxy in between, as on the socket."""
    return request.headers.get("Authorization", "").partition(" ")[0].lower() == "bearer"


def _by_token(request: HttpRequest) -> Any:
    user = tokens.token_user(request.headers["Authorization"].partition(" ")[2].strip())
    if user is None:
        raise Problem("not_signed_in", WRONG_TOKEN)
    return user


def _by_session(request: HttpRequest) -> Any:
    if not request.user.is_authenticated:
        code, sentence = SENTENCES[401]
        raise Problem(code, NO_BEARER if "Authorization" in request.headers else sentence)
    if check_csrf(request):
        raise Problem("csrf", CSRF)
    return request.user
