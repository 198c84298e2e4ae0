"""Locks sign-in after too many wrong passwords, with django-axes.

The lock is per username and address. A lock per username alone would let a stranger lock its owner out. Unknown
usernames are locked too, so the lock does not reveal which usernames exist.

An attempt is counted before its password is checked, and a right password deletes the count. Axes counts afterwards, so
of many attempts at once it would check all. The hash slots limit how many attempts are counted and not yet judged, so
right passwords for one account at once wait instead of locking it.
"""

import ipaddress
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.backends import AxesBackend, AxesStandaloneBackend
from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_failure_limit
from axes.models import AccessAttempt
from axes.signals import user_locked_out
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from asgi_config.sign_in.hashing import TooBusy, hash_slot

UNKNOWN_ADDRESS = "::"
WAIT_SECONDS = 30
RETRY_SECONDS = 5


class PasswordBackend(AxesBackend):  # type: ignore[misc]
    """Django's ModelBackend, with the lock."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **more: Any
    ) -> AbstractBaseUser | None:
        """Raises PermissionDenied for a locked client, or if it waited too long. No lock for calls without a request.

        The response is then `locked_page`.
        """
        if request is None:
            return ModelBackend.authenticate(self, request, username, password, **more)
        try:
            with hash_slot(wait_seconds=WAIT_SECONDS):
                AxesStandaloneBackend.authenticate(self, request, username, password, **more)
                user = self._user_with(request, username, password, **more)
                if user is not None:
                    AxesProxyHandler.get_implementation().reset_user_attempts(request, {"username": username})
                return user
        except TooBusy:
            request.sign_in_is_busy = request.axes_locked_out = True  # type: ignore[attr-defined]
            raise PermissionDenied from None

    def _user_with(self, request: HttpRequest, *credentials: Any, **more: Any) -> AbstractBaseUser | None:
        """Returns None for an account that is deleted meanwhile.

        The first sign-in hashes the password for 0.2 s, and a removal may delete the account in that time.
        """
        try:
            return ModelBackend.authenticate(self, request, *credentials, **more)
        except DatabaseError:
            if user_exists(credentials[0]):
                raise
            return None


class Attempts(AxesDatabaseHandler):  # type: ignore[misc]
    """Counts each attempt in one row for its username and address, without what else the client sent."""

    def is_allowed(self, request: HttpRequest, credentials: Any = None) -> bool:
        return super().is_allowed(request, credentials) and self._count(request, credentials)

    def user_login_failed(self, sender: Any, credentials: Any, request: Any = None, **kwargs: Any) -> None:
        """Shows the locked page instead of the form if this attempt was the last one."""
        if request is None or getattr(request, "sign_in_is_busy", False):
            return
        if request.axes_locked_out or self.is_locked(request, credentials):
            request.axes_locked_out = True
            user_locked_out.send("axes", request=request, username=credentials["username"])

    @transaction.atomic
    def _count(self, request: Any, credentials: Any) -> bool:
        """Returns False if the limit is reached. Locks the row, so that concurrent attempts are counted in turn."""
        now, limit = request.axes_attempt_time, get_failure_limit(request, credentials)
        row, _ = AccessAttempt.objects.select_for_update().get_or_create(
            username=credentials["username"],
            ip_address=request.axes_ip_address,
            user_agent="",
            defaults={"failures_since_start": 0},
        )
        if row.attempt_time <= get_cool_off_threshold(request):
            row.failures_since_start = 0
        if row.failures_since_start >= limit:
            return False
        row.failures_since_start, row.attempt_time = row.failures_since_start + 1, now
        row.save(update_fields=["failures_since_start", "attempt_time"])
        return True


def user_exists(username: str) -> bool:
    model = get_user_model()
    return model._default_manager.filter(**{model.USERNAME_FIELD: username}).exists()


def client_address(request: HttpRequest) -> str:
    """With HTTPS, uses the last value of X-Forwarded-For: the proxy wrote it, and clients may write those before it.

    Clients without a usable address share one, because NULL would never make two rows equal.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    used = forwarded if settings.HTTPS and is_address(forwarded) else request.META.get("REMOTE_ADDR", "")
    return lock_address(used) or UNKNOWN_ADDRESS


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
    if getattr(request, "sign_in_is_busy", False):
        response = render(request, "task/sign_in_busy.html", status=503)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response
    minutes = settings.SIGN_IN_LOCK_MINUTES
    response = render(request, "task/locked.html", {"minutes": minutes}, status=429)
    response.headers["Retry-After"] = str(60 * minutes)
    return response
