"""Makes one-time sign-in links, and uses each at most once."""

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
    """The user's earlier links end with this one, and so do all that expired. Lock order: user, link."""
    token, now = make_token(), clock()
    with transaction.atomic():
        _locked().filter(pk=user.pk).first()
        SignInLink.objects.filter(Q(user_id=user.pk) | Q(expires_at__lte=now)).delete()
        SignInLink.objects.create(user_id=user.pk, digest=_digest(token), expires_at=now + LIFETIME)
    return f"{address}{reverse('sign_in_link')}?{urlencode({'token': token})}"


@transaction.atomic(savepoint=False)
def use_link(*, token: str, clock: Clock = timezone.now) -> User | None:
    """The user whom it signs in; None for a token that is unknown, expired or used, or whose user is inactive.

    Of two uses at once the database lets one through: the update is conditional, and its conditions are all on the
    row itself, as PostgreSQL checks only those again after it has waited for the other. Lock order: user, link.
    """
    now = clock()
    unused = SignInLink.objects.filter(digest=_digest(token), used_at=None, expires_at__gt=now)
    user = _locked().filter(pk__in=unused.values("user_id")).first()
    if not unused.update(used_at=now):
        return None
    return user if user and user.is_active else None


def _locked() -> QuerySet[User]:
    """As a deletion of a user does first, which then takes the links."""
    return get_user_model()._default_manager.select_for_update()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
