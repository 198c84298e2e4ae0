"""Ends sessions of staff and superusers that make no request for some time. Other sessions last Django's two weeks.

A session that goes on still ends two weeks after its sign-in.
"""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from realtime.middleware import Steps, middleware

BEGAN, SEEN = "signed_in_at", "seen_at"
WRITES = 20  # at most, in the time after which an idle session ends


@middleware
def idle_limit(request: HttpRequest) -> Steps:
    """Looks only at a user that the view asked for, so it costs no query. A promotion counts from the next request."""
    response = yield
    limit_idle_time(request, getattr(request, "_cached_user", None), now=time.time())
    return response


def limit_idle_time(request: HttpRequest, user: Any, *, now: float) -> None:
    """Lets the session of staff or a superuser end after SIGN_IN_IDLE_MINUTES, counted from now.

    Does nothing if it did so shortly before, or if the view has signed the user out.
    """
    if not (getattr(user, "is_staff", False) or getattr(user, "is_superuser", False)):
        return
    session, idle_seconds = request.session, 60 * settings.SIGN_IN_IDLE_MINUTES
    if SESSION_KEY not in session or abs(now - session.get(SEEN, 0)) < idle_seconds / WRITES:
        return
    session[SEEN] = now
    left = session.setdefault(BEGAN, now) + settings.SESSION_COOKIE_AGE - now
    session.set_expiry(max(1, int(min(idle_seconds, left))))


@receiver(user_logged_in)
def begin(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Starts the count again, because a second sign-in of the same user keeps the session and its values."""
    for key in (BEGAN, SEEN):
        request.session.pop(key, None)
    limit_idle_time(request, user, now=time.time())
