"""Which groups accounts may join. A person gives only a group all of whose permissions they hold: otherwise an account
could do more than who made it. The shell, as None, gives any.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from task.options import UnusableOption

NOT_GIVEN = "Group {group} cannot be given: choose groups that exist, and whose permissions you all hold."
UNKNOWN = "There is no group {group}: choose groups that exist."


def givable(person: Any) -> list[Group]:
    """By name. None where the user model has no groups."""
    if not hasattr(get_user_model(), "groups"):
        return []
    groups = Group.objects.order_by("name").prefetch_related("permissions__content_type")
    return [group for group in groups if _may_give(person, group)]


def require_givable(ids: Sequence[int], person: Any) -> None:
    """Raise UnusableOption for the first of the ids that is no group, or not the person's to give."""
    known = {group.pk for group in givable(person)} if ids else set()
    for group in ids:
        if group not in known:
            raise UnusableOption("groups", (UNKNOWN if person is None else NOT_GIVEN).format(group=group))


def names_of(ids: Sequence[int]) -> list[str]:
    """Of those that are still there."""
    return list(Group.objects.filter(pk__in=ids).order_by("name").values_list("name", flat=True)) if ids else []


def _may_give(person: Any, group: Group) -> bool:
    held = [f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.all()]
    return person is None or bool(person.has_perms(held))
