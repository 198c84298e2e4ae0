"""Locks sign-in after too many wrong passwords, with django-axes.

The lock is per username and address. A lock per username alone would let a stranger lock its owner out. Unknown
usernames are locked too, so the lock does not reveal which usernames exist.
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
        """Returns None, and raises PermissionDenied for a locked client. No lock for calls without a request."""
        return None if request is None else super().authenticate(request, **credentials)


def client_address(request: HttpRequest) -> str | None:
    """With HTTPS, uses the last value of X-Forwarded-For: the proxy wrote it, and clients may write those before it."""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return lock_address(forwarded if settings.HTTPS and is_address(forwarded) else request.META.get("REMOTE_ADDR", ""))


def lock_address(address: str) -> str | None:
    """Returns an IPv4 address as it is, and the /64 network of an IPv6 address, because one client has all 2^64.

    Returns None for text that is no IP address, such as a Unix socket's, because PostgreSQL would reject it.
    """
    if not is_address(address):
        return None
    found = ipaddress.ip_address(address)
    found = getattr(found, "ipv4_mapped", None) or found
    if found.version == 4:
        return str(found)
    return str(ipaddress.IPv6Network((int(found), 64), strict=False).network_address)


def is_address(text: str) -> bool:
    """Rejects what PostgreSQL's address column rejects. A proxy may send `unknown`."""
    try:
        return not getattr(ipaddress.ip_address(text), "scope_id", None)
    except ValueError:
        return False


def locked_page(request: HttpRequest, *args: Any) -> HttpResponse:
    """Ignores `args`, because the asynchronous middleware of axes 8.3 passes them in another order."""
    minutes = settings.SIGN_IN_LOCK_MINUTES
    response = render(request, "task/locked.html", {"minutes": minutes}, status=429)
    response.headers["Retry-After"] = str(60 * minutes)
    return response


@receiver(user_locked_out)
def log_lock(sender: Any, ip_address: str | None = None, **kwargs: Any) -> None:
    """Logs no username, because it may be a mail address."""
    logger.warning("Sign-in locked after too many wrong passwords from %s", ip_address)
