"""Groups that accounts may join.

A user may give accounts only groups whose permissions that user holds, because an account could otherwise do more than
its creator. The command line, as person None, may give other groups too. No account gets a group with protected
permissions (task.accounts.protected).
"""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from task.accounts.protected import protected_permissions
from task.options import UnusableOption

LIMITS = "choose groups that exist, whose permissions you hold, and without permissions on users, groups or jobs."
NOT_GIVEN = f"Group {{group}} cannot be given: {LIMITS}"
UNKNOWN = "There is no group {group} without permissions on users, groups or jobs: choose another one."


def givable(person: Any) -> list[Group]:
    """Returns the groups that this person may give, by name. Empty if the user model has no groups."""
    if not hasattr(get_user_model(), "groups"):
        return []
    harmless = Group.objects.exclude(permissions__in=protected_permissions())
    groups = harmless.order_by("name").prefetch_related("permissions__content_type")
    return [group for group in groups if _may_give(person, group)]


def require_givable(ids: Sequence[int], person: Any) -> None:
    """Raises UnusableOption for the first id that is not a group, or not one that this person may give."""
    known = {group.pk for group in givable(person)} if ids else set()
    for group in ids:
        if group not in known:
            raise UnusableOption("groups", (UNKNOWN if person is None else NOT_GIVEN).format(group=group))


def names_of(ids: Sequence[int]) -> list[str]:
    """Returns the names in order. Skips groups that were deleted."""
    return list(Group.objects.filter(pk__in=ids).order_by("name").values_list("name", flat=True)) if ids else []


def _may_give(person: Any, group: Group) -> bool:
    permissions = [f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.all()]
    return person is None or bool(person.has_perms(permissions))
