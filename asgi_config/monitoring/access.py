"""Access to metrics and health details: a request with METRICS_TOKEN or, without such a token, from this machine.

Behind a proxy on the same machine, requests from everywhere come from loopback. Loopback therefore counts only if no
proxy is configured (HTTPS is off, and no public name is allowed or trusted) and the request has no proxy's header. Its
Host header must also be a local name, because another site can point its own name at loopback (DNS rebinding).
"""

import hmac
import ipaddress

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"]
PROXY_HEADERS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


def has_monitoring_access(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        return _has_token(request, settings.METRICS_TOKEN)
    return not is_public() and _is_local(request)


def is_public() -> bool:
    """Returns whether the settings allow access from other machines, through a proxy or by this machine's name.

    A proxy that sends `Host: localhost`, as nginx does by default, needs its public name as a trusted origin.
    """
    origins = [split_domain_port(origin.partition("://")[2])[0] for origin in settings.CSRF_TRUSTED_ORIGINS]
    return settings.HTTPS or not all(validate_host(name, LOCAL_NAMES) for name in [*settings.ALLOWED_HOSTS, *origins])


def _has_token(request: HttpRequest, expected: str) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), expected.encode())


def _is_local(request: HttpRequest) -> bool:
    if any(name in request.headers for name in PROXY_HEADERS):
        return False
    host = split_domain_port(request.headers.get("Host", ""))[0]
    return validate_host(host, LOCAL_NAMES) and is_loopback(request.META.get("REMOTE_ADDR", ""))


def is_loopback(address: str) -> bool:
    """Returns False for text that is no IP address. Accepts IPv4 addresses written as IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback
