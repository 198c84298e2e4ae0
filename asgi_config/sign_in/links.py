"""Creates one-time sign-in links, and accepts each at most once. Lock order: user, link."""

import datetime
import hashlib
import secrets
from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from asgi_config.models import SignInLink
from realtime.log import Clock

LIFETIME = datetime.timedelta(minutes=10)


def make_link(
    *,
    user: User,
    address: str,
    clock: Clock = timezone.now,
    make_token: Callable[[], str] = secrets.token_urlsafe,
) -> str:
    """Returns a new link. Deletes the user's earlier and all expired links."""
    token, now = make_token(), clock()
    with transaction.atomic():
        _locked_users().filter(pk=user.pk).first()
        SignInLink.objects.filter(Q(user_id=user.pk) | Q(expires_at__lte=now)).delete()
        SignInLink.objects.create(user_id=user.pk, digest=_digest(token), expires_at=now + LIFETIME)
    return f"{address}{reverse('sign_in_link')}?{urlencode({'token': token})}"


def is_usable(*, token: str, clock: Clock = timezone.now) -> bool:
    return _unused(token, clock()).filter(user__is_active=True).exists()


@transaction.atomic(savepoint=False)
def use_link(*, token: str, clock: Clock = timezone.now) -> User | None:
    """Returns the link's user, or None if the token is unknown, expired or used, or the user inactive.

    A conditional UPDATE lets only one of two concurrent uses succeed. All its conditions are on the link's own row,
    because PostgreSQL checks only these again after it has waited for the other transaction.
    """
    now = clock()
    unused = _unused(token, now)
    user = _locked_users().filter(pk__in=unused.values("user_id")).first()
    if not unused.update(used_at=now):
        return None
    return user if user and user.is_active else None


def _unused(token: str, now: datetime.datetime) -> QuerySet[SignInLink]:
    return SignInLink.objects.filter(digest=_digest(token), used_at=None, expires_at__gt=now)


def _locked_users() -> QuerySet[User]:
    """Users to lock before their links, in the order in which deleting a user locks them."""
    return get_user_model()._default_manager.select_for_update()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
