"""Permissions that generated accounts never have: on the user model, groups, permissions and the models of Arrivals.

An account could otherwise request jobs beyond its requester's limits, also after the requester was deactivated.
"""

from functools import reduce
from operator import or_
from typing import Any

from asgiref.sync import sync_to_async
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet

from task.models import Account

OUR_APPS = {"arrivals", "arrivals_feed", "asgi_config"}


class ProtectedPermissions:
    """An authentication backend that denies these permissions to generated accounts, and decides nothing else.

    It must precede every backend that grants permissions, because Django stops at PermissionDenied. Groups may gain
    permissions after their accounts joined, so each check asks anew, also for sockets and tokens. Superusers are not
    limited, because Django asks no backend for them.
    """

    def authenticate(self, request: Any, **credentials: Any) -> None:
        return None

    def has_perm(self, user: Any, permission: str, obj: Any = None) -> bool:
        """Costs one query for each user object, for users that no job made. Raises PermissionDenied."""
        if permission.partition(".")[0] in {model._meta.app_label for model in protected_models()}:
            if not hasattr(user, "_protected_permissions"):
                user._protected_permissions = _denied_to(user)
            if permission in user._protected_permissions:
                raise PermissionDenied
        return False

    async def ahas_perm(self, user: Any, permission: str, obj: Any = None) -> bool:
        return await sync_to_async(self.has_perm)(user, permission, obj)


def protected_models() -> list[type[Model]]:
    """Includes proxies and children of these models, whose permissions give the same rights."""
    ours = [model for model in apps.get_models() if model._meta.app_label in OUR_APPS]
    return [model for model in apps.get_models() if issubclass(model, (get_user_model(), Group, Permission, *ours))]


def protected_permissions() -> QuerySet[Permission]:
    """Selects by model, because an app with the user model may have other models too."""
    models = [model._meta for model in protected_models()]
    of_models = [Q(content_type__app_label=one.app_label, content_type__model=one.model_name) for one in models]
    return Permission.objects.filter(reduce(or_, of_models))


def _denied_to(user: Any) -> frozenset[str]:
    if not Account.objects.filter(pk=user.pk).exists():
        return frozenset()
    names = protected_permissions().values_list("content_type__app_label", "codename")
    return frozenset(f"{app_label}.{codename}" for app_label, codename in names)
