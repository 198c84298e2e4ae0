"""Who may see how the service is inside: whoever bears METRICS_TOKEN, or, while there is none, this machine itself.

Behind a proxy on the same machine every stranger comes from loopback. So loopback counts only where no proxy is set up
(HTTPS is off, and no public name is allowed or trusted), where no proxy has left a header, and where the request asks
for a local name, which a page of another site that points its name here does not.
"""

import hmac
import ipaddress

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"]
LEFT_BY_PROXIES = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


def has_monitoring_access(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        return _bears(request, settings.METRICS_TOKEN)
    return not is_public() and _is_from_here(request)


def is_public() -> bool:
    """Whether the settings are those of a site that others reach, by a proxy or by a name of this machine.

    A proxy that asks for `localhost`, as nginx does unless told otherwise, needs its own name as a trusted origin.
    """
    origins = [split_domain_port(origin.partition("://")[2])[0] for origin in settings.CSRF_TRUSTED_ORIGINS]
    return settings.HTTPS or not all(validate_host(name, LOCAL_NAMES) for name in [*settings.ALLOWED_HOSTS, *origins])


def _bears(request: HttpRequest, wanted: str) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), wanted.encode())


def _is_from_here(request: HttpRequest) -> bool:
    if any(name in request.headers for name in LEFT_BY_PROXIES):
        return False
    asked_for = split_domain_port(request.headers.get("Host", ""))[0]
    return validate_host(asked_for, LOCAL_NAMES) and is_loopback(request.META.get("REMOTE_ADDR", ""))


def is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback
