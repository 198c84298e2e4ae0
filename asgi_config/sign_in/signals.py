"""Logs who signed in and out, and which sign-ins failed or were locked: the user's id, and no name or password.

A username may be a mail address, and a user may type a password in its place.
"""

import logging
from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from asgi_config.sign_in.lockout import client_address

logger = logging.getLogger(__name__)


@receiver(user_logged_in)
def log_sign_in(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    logger.info("Signed in", extra=_fields(request, user.pk))


@receiver(user_logged_out)
def log_sign_out(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    if user is not None:
        logger.info("Signed out", extra=_fields(request, user.pk))


@receiver(user_login_failed)
def log_failure(sender: Any, credentials: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Leaves out attempts that were refused without a check of the password. Code without a request logs its own."""
    if request is not None and not getattr(request, "axes_locked_out", False):
        logger.info("Wrong password or username", extra=_fields(request, _user_named(credentials.get("username"))))


@receiver(user_locked_out)
def log_lock(sender: Any, request: HttpRequest, username: str, **kwargs: Any) -> None:
    """Names user and address in the message, because repeated warnings with one message are logged once a minute."""
    user, address = _user_named(username), client_address(request)
    logger.warning("Sign-in locked after too many wrong passwords: user %s from %s", user, address)


def _user_named(username: Any) -> object:
    """Returns the user's id, or "unknown". Costs one lookup for any name, so its time reveals no username."""
    model = get_user_model()
    users = model._default_manager.filter(**{model.USERNAME_FIELD: username})
    return users.values_list("pk", flat=True).first() or "unknown"


def _fields(request: HttpRequest, user: object) -> dict[str, Any]:
    return {"fields": {"user": user, "address": client_address(request)}}
