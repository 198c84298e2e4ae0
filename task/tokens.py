"""Bearer tokens, with which a program acts as its user. Only digests are stored; a token is shown once, when made.

A digest is plain SHA-256. A slow hash would add nothing, because 256 random bits cannot be guessed.
"""

import datetime
import hashlib
import logging
import re
import secrets
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone

from realtime import hints
from realtime.log import Clock
from task.database import lock_timeout
from task.database.clock_skew import CLOCKS_DIFFER, ago
from task.jobs import audit
from task.models import Act, Token

PREFIX = "arr_"
SHAPE = re.compile(r"arr_[A-Za-z0-9_-]{43}")
LONGEST_NAME = 100
LONGEST_DAYS = 3660
USE_IS_WRITTEN_EVERY = datetime.timedelta(minutes=1)

logger = logging.getLogger(__name__)


class UnusableToken(ValueError):
    """This token cannot be made. The text says what is possible."""


def make_token(
    *,
    user: Any,
    name: str,
    days: int | None,
    by: Any = None,
    clock: Clock = timezone.now,
    make: Callable[[], str] = secrets.token_urlsafe,
) -> str:
    """Returns the text of a new token of this user, valid for so many days; None means until it is revoked.

    The text cannot be read again. Writes the audit log in the same transaction. Raises UnusableToken.
    """
    _require_usable(user, name, days)
    text, now = PREFIX + make(), clock()
    expires_at = None if days is None else now + datetime.timedelta(days=days)
    with transaction.atomic():
        Token.objects.create(user=user, name=name, digest=_digest(text), created_at=now, expires_at=expires_at)
        audit.note(Act.Kind.TOKEN_MADE, by=by, at=now, detail=_audit_detail(name, user))
    return text


def revoke_token(*, token_id: int, by: Any = None, clock: Clock = timezone.now) -> Token:
    """Ends a token at once, also for open connections; if their hint is lost, within ACCESS_CHECK_SECONDS.

    Safe to repeat: the first call sets the time and writes the audit log. Raises Token.DoesNotExist.
    """
    now = clock()
    with transaction.atomic():
        is_new = Token.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=now)
        token = Token.objects.select_related("user").get(pk=token_id)
        if is_new:
            audit.note(Act.Kind.TOKEN_REVOKED, by=by, at=now, detail=_audit_detail(token.name, token.user))
            hints.access_changed(token.user_id)
    return token


def token_user(token: str, *, clock: Clock = timezone.now) -> Any:
    """Returns the user of this token. None if it is unknown, expired or revoked, or if the user is inactive.

    Takes any text. Writes the time of use if that takes 0.1 s at most, so call it outside any transaction.
    """
    if not SHAPE.fullmatch(token):
        return None
    now = clock()
    is_alive = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now))
    found = Token.objects.select_related("user").filter(is_alive, digest=_digest(token)).first()
    if found is None or not found.user.is_active:
        return None
    _record_use(found, now)
    return found.user


def _require_usable(user: Any, name: str, days: int | None) -> None:
    if not user.is_active:
        raise UnusableToken(f"The user {user.get_username()} is not active.")
    if not (name.strip() and name.isprintable() and len(name) <= LONGEST_NAME):
        raise UnusableToken(f"Give the token a name of 1 to {LONGEST_NAME} printable characters.")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise UnusableToken(f"A token is valid for 1 to {LONGEST_DAYS} days, or without end.")


def _record_use(token: Token, now: datetime.datetime) -> None:
    """Writes the time of use, at most once a minute. A conditional UPDATE lets one of concurrent uses write.

    Gives up after 0.1 s: on SQLite another writer may hold the one lock for seconds, and the program would wait.
    """
    if token.last_used_at and ago(token.last_used_at, now) < USE_IS_WRITTEN_EVERY:
        return
    is_long_ago = Q(last_used_at__lte=now - USE_IS_WRITTEN_EVERY) | Q(last_used_at__gt=now + CLOCKS_DIFFER)
    try:
        with lock_timeout.short():
            Token.objects.filter(Q(last_used_at=None) | is_long_ago, pk=token.pk).update(last_used_at=now)
    except DatabaseError as error:
        logger.info("Time of use of token %s not written; its next use tries again: %r", token.pk, error)


def _audit_detail(name: str, user: Any) -> str:
    return f"{name}, of {user.get_username()}"[: Act._meta.get_field("detail").max_length]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
