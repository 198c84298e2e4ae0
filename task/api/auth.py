"""Authentication and permissions of the API. A bearer token alone decides; without one, the session with CSRF does."""

from copy import copy
from typing import Any
from urllib.parse import urlsplit

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from task import tokens
from task.api.errors import SENTENCES, Problem
from task.api.parsers import require_json_body

WRONG_TOKEN = "Unknown, revoked or expired token: create one with `manage.py token USER`."  # noqa: S105
OTHER_SCHEME = "Sign in, or write the header as `Authorization: Bearer TOKEN`."
CROSS_SITE = "Another site's page led here: download the credentials from the job's page, or send a token."
OWN_SITE = {"same-origin", "none"}  # none: typed, or opened from a bookmark
CSRF = (
    f"CSRF check failed: use a token, or send the cookie {settings.CSRF_COOKIE_NAME} as X-CSRFToken from a page of "
    "this site or of CSRF_TRUSTED_ORIGINS."
)


class Request(HttpRequest):
    """The request of an operation: `auth` is the authorised user."""

    auth: Any


def authorise(request: HttpRequest, permission: str = "") -> Any:
    """Returns the user of the token or the session. Raises Problem if there is none, or without the permission.

    Also checks the body's headers, before the CSRF check or ninja reads the body.
    """
    require_json_body(request)
    user = _by_token(request) if _bears_token(request) else _by_session(request)
    if permission and not user.has_perm(permission):
        raise Problem("not_allowed", f"Permission {permission} required: ask an administrator for it.")
    return user


def require_own_site(request: HttpRequest) -> None:
    """Raises Problem for a GET with a session that a page of another site caused. For a GET that is recorded.

    Browsers send Sec-Fetch-Site over HTTPS and to this machine, and else the Referer, unless that other page hides it.
    """
    site, referer = request.headers.get("Sec-Fetch-Site"), request.headers.get("Referer")
    is_own = site in OWN_SITE if site else not referer or urlsplit(referer).netloc == request.get_host()
    if not (_bears_token(request) or is_own):
        raise Problem("csrf", CROSS_SITE)


def authorise_again(request: HttpRequest, permission: str) -> Any:
    """Authorises a request that is already served, with the token, or the session and its user, read again."""
    again = copy(request)
    if not _bears_token(request):
        again.session = type(request.session)(request.session.session_key)
        again.user = auth.get_user(again)
    return authorise(again, permission)


# In a thread of its own, because on the shared one a slow query would delay every watcher.
authorise_async = database_sync_to_async(authorise, thread_sensitive=False)


class ByToken(AuthBase):
    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, permission: str = "") -> None:
        super().__init__()
        self._permission = permission

    def __call__(self, request: HttpRequest) -> Any:
        return authorise(request, self._permission) if _bears_token(request) else None


class BySession(AuthBase):
    """Runs when the request has no token. `csrf` makes the docs page send the header."""

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
    """Returns ninja's `auth` for an operation that needs this permission; "" admits every signed-in user."""
    return [ByToken(permission), BySession(permission)]


def _bears_token(request: HttpRequest) -> bool:
    """Ignores other schemes, which are meant for a proxy in between. The socket does the same."""
    return request.headers.get("Authorization", "").partition(" ")[0].lower() == "bearer"


def _by_token(request: HttpRequest) -> Any:
    user = tokens.token_user(request.headers["Authorization"].partition(" ")[2].strip())
    if user is None:
        raise Problem("not_signed_in", WRONG_TOKEN)
    return user


def _by_session(request: HttpRequest) -> Any:
    if not request.user.is_authenticated:
        code, sentence = SENTENCES[401]
        raise Problem(code, OTHER_SCHEME if "Authorization" in request.headers else sentence)
    if check_csrf(request):
        raise Problem("csrf", CSRF)
    return request.user
