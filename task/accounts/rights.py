"""Accounts that have more rights than a user.

Their passwords are withheld from that user, who could otherwise sign in as them and use rights that were not granted.
"""

from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from task.accounts.columns import CONCRETE

STAFF = "The account is staff or a superuser."
STRONGER = "The account has a permission that you do not have."

User = get_user_model()


def why_withheld(person: Any, *, user: str) -> Case | Value:
    """Returns an SQL expression: why the password of a row's account is withheld from the person. Empty if it is not.

    `user` is the name of the row's foreign key to the account. Passwords of staff and superusers are withheld from
    every person. Reads the person's permissions and the groups within them now. A row then costs two index lookups,
    which see the flags, permissions and groups of the account at that time. For person None, the shell, it is empty.
    """
    if person is None:
        return Value("")
    flags = [Q(**{f"{user}__{flag}": True}) for flag in ("is_staff", "is_superuser") if flag in CONCRETE]
    beyond = [Q(Exists(rows)) for rows in _beyond(person, account=OuterRef(f"{user}_id"))]
    cases = [
        When(reduce(or_, conditions), then=Value(why))
        for conditions, why in ((flags, STAFF), (beyond, STRONGER))
        if conditions
    ]
    return Case(*cases, default=Value(""))


def _beyond(person: Any, *, account: OuterRef) -> list[QuerySet[Any]]:
    """Returns the account's permissions that the person lacks, and its groups that have any of these."""
    held = _permissions_of(person)
    stronger = Group.objects.filter(permissions__in=Permission.objects.exclude(pk__in=held))
    within = list(Group.objects.exclude(pk__in=stronger).values_list("pk", flat=True))
    found: list[QuerySet[Any]] = []
    for name, allowed in (("user_permissions", held), ("groups", within)):
        if hasattr(User, name):
            relation: Any = User._meta.get_field(name)
            rows = relation.remote_field.through._default_manager.filter(**{relation.m2m_field_name(): account})
            found.append(rows.exclude(**{f"{relation.m2m_reverse_field_name()}__in": allowed}))
    return found


def _permissions_of(person: Any) -> list[int]:
    """Returns the keys of all permissions that the person has, directly, through groups or as a superuser."""
    names = person.get_all_permissions()
    permissions = Permission.objects.values_list("pk", "content_type__app_label", "codename")
    return [key for key, app_label, codename in permissions if f"{app_label}.{codename}" in names]
