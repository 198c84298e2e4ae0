"""Who may watch: asked when a socket opens, and again while it stays open."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain

from realtime.protocol import CloseCode, Disconnect, offered_token

TokenLookup = Callable[[str], Any]  # the user whose token it is, or None


def require(scope: Any, permission: str, bearer: TokenLookup) -> Hashable:
    """The key of the user who may watch now; Disconnect for anybody else. Reads the database: the user and the rights.

    A token decides alone. No browser sends one by itself, so it needs no Origin.
    """
    headers = {name: value.decode("latin1") for name, value in scope["headers"]}
    token = _token(headers, scope["subprotocols"])
    user = _user_of_session(headers) if token is None else _user_of_token(token, bearer)
    if not user.has_perm(permission):
        raise Disconnect(CloseCode.NOT_ALLOWED, f"This needs the permission {permission}.")
    return user.pk  # type: ignore[no-any-return]


def _token(headers: Mapping[bytes, str], subprotocols: Iterable[str]) -> str | None:
    """That of the header, which a browser cannot set; else the one that is offered as a subprotocol."""
    scheme, _, token = headers.get(b"authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else offered_token(subprotocols)


def _user_of_token(token: str, bearer: TokenLookup) -> Any:
    user = bearer(token.strip())
    if user is None:
        raise Disconnect(CloseCode.NOT_SIGNED_IN, "The token is unknown, expired or revoked.")
    return user


def _user_of_session(headers: Mapping[bytes, str]) -> Any:
    request = _request(headers.get(b"cookie", ""))
    if not request.session.session_key:  # A program that forgot its token sends no Origin either.
        raise Disconnect(CloseCode.NOT_SIGNED_IN, "Send a token, or sign in.")
    if not _is_same_origin(headers.get(b"origin", ""), headers.get(b"host", "")):
        raise Disconnect(CloseCode.NOT_ALLOWED, "The Origin of a connection with cookies must be this site's own.")
    user = auth.get_user(request)
    if not user.is_authenticated:
        raise Disconnect(CloseCode.NOT_SIGNED_IN, "Sign in first.")
    return user


def _is_same_origin(origin: str, host: str) -> bool:
    """Whether scheme, host and port are those of the request itself, or trusted by CSRF_TRUSTED_ORIGINS.

    The same rule as Django's for a POST with cookies. Channels' AllowedHostsOriginValidator compares host names only.
    """
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return False
    scheme = "https" if settings.HTTPS else "http"
    if origin.lower() == f"{scheme}://{host.lower()}":
        return True
    asked_scheme, _, asked_netloc = origin.partition("://")
    trusted = (pattern.replace("*", "", 1).partition("://") for pattern in settings.CSRF_TRUSTED_ORIGINS)
    return any(scheme == asked_scheme and is_same_domain(asked_netloc, netloc) for scheme, _, netloc in trusted)


def _request(cookie_header: str) -> HttpRequest:
    """As much of a request as django.contrib.auth needs to find the user of its session."""
    # Django's parser: SimpleCookie stops at the first cookie of another program on this host that it dislikes.
    key = parse_cookie(cookie_header).get(settings.SESSION_COOKIE_NAME)
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return request
