"""Who may watch: asked when a socket opens, and again while it stays open."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain

from realtime.protocol import Close, Refused


def require(scope: Any, permission: str) -> None:
    """Raise Refused unless the session's user may watch now. Reads the database: the session, the user, the rights."""
    headers = {name: value.decode("latin1") for name, value in scope["headers"]}
    if not _is_same_origin(headers.get(b"origin", ""), headers.get(b"host", "")):
        raise Refused(Close.NOT_ALLOWED, "The Origin of a connection with cookies must be this site's own.")
    user = auth.get_user(_request(headers.get(b"cookie", "")))
    if not user.is_authenticated:
        raise Refused(Close.NOT_SIGNED_IN, "Sign in first.")
    if not user.has_perm(permission):
        raise Refused(Close.NOT_ALLOWED, f"This needs the permission {permission}.")


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
