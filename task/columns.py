"""Which columns of the user table an account fills, and from what: the place to add those of a user model of your own.

What is not named here has its default from the model, the same for all accounts of a step.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, models

from task.identities import Identity

User = get_user_model()

SOURCES: dict[str, Callable[[Identity], str]] = {
    "username": lambda identity: identity.username,
    "email": lambda identity: identity.email,
    "first_name": lambda identity: identity.first_name,
    "last_name": lambda identity: identity.last_name,
}

CONCRETE = {field.name for field in User._meta.concrete_fields}
PRIMARY_KEY: Any = User._meta.pk
# A key that Python makes is a column like any other, and differs from account to account.
KEYS = [] if isinstance(PRIMARY_KEY, models.AutoField) else [PRIMARY_KEY.name]
FILLED = [name for name in SOURCES if name in CONCRETE]
FIELDS = [*KEYS, *FILLED, "password"]


def login_name(identity: Identity) -> str:
    """What the account signs in with: its user name, or its mail address where the user model says so."""
    return SOURCES[User.USERNAME_FIELD](identity)


def values(identity: Identity, password_hash: str) -> tuple[Any, ...]:
    """The values of FIELDS for one account, as the database takes them."""
    keys = [PRIMARY_KEY.get_db_prep_save(PRIMARY_KEY.get_default(), connection) for _ in KEYS]
    return (*keys, *(SOURCES[name](identity) for name in FILLED), password_hash)
