"""The local superuser `operator`, who has no password and signs in by a one-time link."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

NAME = "operator"


def find_or_make() -> User | None:
    """None where an account of that name exists and is no active superuser: it is nobody's business to raise it."""
    model = get_user_model()
    manager = model._default_manager
    user = manager.filter(**{model.USERNAME_FIELD: NAME}).first()
    if user is None:
        return manager.create_superuser(**{model.USERNAME_FIELD: NAME})
    return user if user.is_active and user.is_superuser else None
