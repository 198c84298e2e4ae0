"""Who does something must be there until it is committed."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied


def lock_user(person: Any) -> None:
    """Lock the user, or None for a shell, until the transaction ends; PermissionDenied if they were deleted."""
    if person is None:
        return
    people = get_user_model()._default_manager.select_for_update(no_key=True)
    if people.filter(pk=person.pk).first() is None:
        raise PermissionDenied
