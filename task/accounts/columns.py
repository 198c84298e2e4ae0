"""Which columns of the user table an account fills, and from what: the place to add those of a user model of your own.

Add to SOURCES here, or from your application's `AppConfig.ready`. What has no source has its default from the model,
the same for all accounts of a step; a column that may be neither empty nor the same needs a source.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, models

from task.accounts.identities import Identity
from task.options import REALISTIC

Source = Callable[[Identity], Any]

User = get_user_model()

SOURCES: dict[str, Source] = {
    "username": attrgetter("username"),
    "email": attrgetter("email"),
    "first_name": attrgetter("first_name"),
    "last_name": attrgetter("last_name"),
}
OF_REALISTIC = {"first_name", "last_name"}  # Empty in random names: two parameters of each row less.

CONCRETE = {field.name for field in User._meta.concrete_fields}
PRIMARY_KEY: Any = User._meta.pk
IS_KEY_MADE_BY_PYTHON = not isinstance(PRIMARY_KEY, models.AutoField)


@dataclass(frozen=True, slots=True)
class Columns:
    """What differs from account to account: the names of the columns, and where each has its value from."""

    names: tuple[str, ...]
    sources: tuple[Source, ...]
    login_name: Source

    def values(self, identity: Identity, password_hash: str) -> tuple[Any, ...]:
        """For one account, as the database takes them, in the order of `names`."""
        return (*[source(identity) for source in self.sources], password_hash)


@cache
def columns_of(kind: str) -> Columns:
    """For identities of that kind of names. A key that Python makes is a column like any other."""
    filled = [name for name in SOURCES if name in CONCRETE and (kind == REALISTIC or name not in OF_REALISTIC)]
    keys = [PRIMARY_KEY.name] if IS_KEY_MADE_BY_PYTHON else []
    sources = [new_key for _ in keys] + [_prepared(name) for name in filled]
    return Columns((*keys, *filled, "password"), tuple(sources), SOURCES[User.USERNAME_FIELD])


def same(*, joined_at: datetime.datetime, is_active: bool) -> models.Model:
    """A user with what all accounts of a step have in common, as far as the user model knows it."""
    common = {"date_joined": joined_at, "is_active": is_active}
    return User(**{name: value for name, value in common.items() if name in CONCRETE})


def key_of(value: Any) -> Any:
    """The key as the model has it, from what the database returned: SQLite knows a UUID as text only."""
    return PRIMARY_KEY.to_python(value) if IS_KEY_MADE_BY_PYTHON else value


def new_key(_: Identity) -> Any:
    return PRIMARY_KEY.get_db_prep_save(PRIMARY_KEY.get_default(), connection)


def _prepared(name: str) -> Source:
    """Text is what the database takes already; other fields prepare what their source gives."""
    field, source = User._meta.get_field(name), SOURCES[name]
    if isinstance(field, models.CharField):
        return source
    return lambda identity: field.get_db_prep_save(source(identity), connection)  # type: ignore[union-attr]
