"""The local superuser `operator`. It has no password and signs in with a one-time link."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

NAME = "operator"


def find_or_make() -> User | None:
    """Returns None if the account exists but is not an active superuser, because only its owner may promote it."""
    model = get_user_model()
    manager = model._default_manager
    user = manager.filter(**{model.USERNAME_FIELD: NAME}).first()
    if user is None:
        return manager.create_superuser(**{model.USERNAME_FIELD: NAME})
    return user if user.is_active and user.is_superuser else None
