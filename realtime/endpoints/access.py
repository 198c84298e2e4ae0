"""Access to a feed: a token or a session, checked when a socket opens and again while it stays open."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain

from realtime.protocol import CloseCode, Disconnect, offered_token

TokenLookup = Callable[[str], Any]  # the token's user, or None


def authorise(scope: Any, permission: str, token_user: TokenLookup) -> Hashable:
    """Returns the key of the user who opened the socket. Raises Disconnect without the permission.

    Reads the user and the permissions from the database. A token takes precedence over a session. It needs no Origin,
    because no browser sends a token by itself.
    """
    headers = _headers(scope)
    token = _token(headers, scope["subprotocols"])
    if token is None:
        user = _session_user(headers)
    elif (user := token_user(token.strip())) is None:
        raise Disconnect(CloseCode.NOT_SIGNED_IN, "The token is unknown, expired or revoked.")
    if not user.has_perm(permission):
        raise Disconnect(CloseCode.NOT_ALLOWED, f"The permission {permission} is required.")
    return user.pk  # type: ignore[no-any-return]


def credential(scope: Any) -> str | None:
    """Returns the token or the session key that `authorise` will look up, or None without both."""
    headers = _headers(scope)
    return _token(headers, scope["subprotocols"]) or _session_key(headers) or None


def _headers(scope: Any) -> dict[bytes, str]:
    return {name: value.decode("latin1") for name, value in scope["headers"]}


def require_tls(scope: Any) -> None:
    """Raises Disconnect for a socket without TLS where Django redirects requests to HTTPS (SECURE_SSL_REDIRECT).

    A redirect comes too late for a token. Trusts the header of SECURE_PROXY_SSL_HEADER, as Django does for requests.
    """
    request = HttpRequest()
    for name, value in scope["headers"]:
        if b"_" not in name:  # as in Django: "x_forwarded_proto" must not pass for the proxy's header
            request.META.setdefault(f"HTTP_{name.decode('latin1').upper().replace('-', '_')}", value.decode("latin1"))
    is_secure = scope.get("scheme") == "wss" or request.is_secure()
    if settings.SECURE_SSL_REDIRECT and not is_secure:
        raise Disconnect(
            CloseCode.BAD_REQUEST, "TLS is required: connect to wss://, and replace a token that was sent."
        )


def _token(headers: Mapping[bytes, str], subprotocols: Iterable[str]) -> str | None:
    """Returns the token of the Authorization header, else the one offered as a subprotocol."""
    scheme, _, token = headers.get(b"authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else offered_token(subprotocols)


def _session_user(headers: Mapping[bytes, str]) -> Any:
    request = _session_request(_session_key(headers))
    # Before the Origin check, because a program that forgot its token sends no Origin either.
    if not request.session.session_key:
        raise Disconnect(CloseCode.NOT_SIGNED_IN, "Send a token, or sign in.")
    if not _is_same_origin(headers.get(b"origin", ""), headers.get(b"host", "")):
        raise Disconnect(CloseCode.NOT_ALLOWED, "The Origin must be this site's own, or in CSRF_TRUSTED_ORIGINS.")
    user = auth.get_user(request)
    if not user.is_authenticated:
        raise Disconnect(CloseCode.NOT_SIGNED_IN, "Sign in first.")
    return user


def _session_request(session_key: str | None) -> HttpRequest:
    """Returns as much of a request as django.contrib.auth needs to find the session's user."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    return request


def _session_key(headers: Mapping[bytes, str]) -> str | None:
    # Django's parser, because SimpleCookie stops at the first malformed cookie of another program on this host.
    return parse_cookie(headers.get(b"cookie", "")).get(settings.SESSION_COOKIE_NAME)


def _is_same_origin(origin: str, host: str) -> bool:
    """Compares scheme, host and port with the request's own and with CSRF_TRUSTED_ORIGINS.

    The same rule as Django's for a POST with cookies. Channels' AllowedHostsOriginValidator compares host names only.
    """
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return False
    scheme = "https" if settings.HTTPS else "http"
    if origin.lower() == f"{scheme}://{host.lower()}":
        return True
    origin_scheme, _, origin_netloc = origin.partition("://")
    trusted = (pattern.replace("*", "", 1).partition("://") for pattern in settings.CSRF_TRUSTED_ORIGINS)
    return any(scheme == origin_scheme and is_same_domain(origin_netloc, netloc) for scheme, _, netloc in trusted)
