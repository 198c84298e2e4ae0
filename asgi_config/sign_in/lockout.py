"""Sign-in attempts are limited, by django-axes: what it asks of this project, and what a locked person sees.

Locked is a name from an address, never a name alone: a stranger could keep its owner out. A name that nobody has is
locked all the same, so the lock tells nobody which names there are.
"""

import ipaddress
import logging
from typing import Any

from axes.backends import AxesStandaloneBackend
from axes.signals import user_locked_out
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

logger = logging.getLogger(__name__)


class Lockout(AxesStandaloneBackend):  # type: ignore[misc]
    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> AbstractBaseUser | None:
        """Never a user; refuses for a locked one. Code that checks a password by itself has no request, and no lock."""
        return None if request is None else super().authenticate(request, **credentials)


def address_of_client(request: HttpRequest) -> str | None:
    """With HTTPS there is a proxy, and it alone wrote the last of X-Forwarded-For; what is before it anybody can."""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return counted_as(forwarded if settings.HTTPS and is_address(forwarded) else request.META.get("REMOTE_ADDR", ""))


def counted_as(address: str) -> str | None:
    """One IPv4 address, or the network of an IPv6 one: whoever has one of those has 2^64, and a new lock with each.

    None for what is no address, as that of a Unix socket, which PostgreSQL would refuse.
    """
    if not is_address(address):
        return None
    found = ipaddress.ip_address(address)
    found = getattr(found, "ipv4_mapped", None) or found
    if found.version == 4:
        return str(found)
    return str(ipaddress.IPv6Network((int(found), 64), strict=False).network_address)


def is_address(text: str) -> bool:
    """PostgreSQL takes nothing else into its column, and a proxy may write `unknown`."""
    try:
        return not getattr(ipaddress.ip_address(text), "scope_id", None)
    except ValueError:
        return False


def say_locked(request: HttpRequest, *args: Any) -> HttpResponse:
    """`args` are left alone: the asynchronous middleware of axes 8.3 lanes them over in another order."""
    minutes = settings.SIGN_IN_LOCK_MINUTES
    response = render(request, "task/locked.html", {"minutes": minutes}, status=429)
    response.headers["Retry-After"] = str(60 * minutes)
    return response


@receiver(user_locked_out)
def note_locked(sender: Any, ip_address: str | None = None, **kwargs: Any) -> None:
    """Not the name: where people sign in by mail address, it is one."""
    logger.warning("Sign-in is locked after too many wrong passwords from %s", ip_address)
