"""The columns of the user table that an account fills, and the source of each value.

A host with its own user model adds sources to SOURCES, here or in its `AppConfig.ready`. A column without a source has
the model's default, the same for all accounts of a step. So a column that must be unique or not empty needs a source.
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
ONLY_REALISTIC = {"first_name", "last_name"}  # empty in random names, which saves two values a row

CONCRETE = {field.name for field in User._meta.concrete_fields}
PRIMARY_KEY: Any = User._meta.pk
IS_KEY_MADE_BY_PYTHON = not isinstance(PRIMARY_KEY, models.AutoField)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns whose values differ from account to account, and the source of each."""

    names: tuple[str, ...]
    sources: tuple[Source, ...]
    login_name: Source

    def values(self, identity: Identity, password_hash: str) -> tuple[Any, ...]:
        """Returns one account's values in the database's form, in the order of `names`. The last is the hash."""
        return (*[source(identity) for source in self.sources], password_hash)


@cache
def columns_for(kind_of_names: str) -> Columns:
    """Returns the columns of accounts with random or realistic names. Includes a key that Python makes."""
    filled = [name for name in SOURCES if name in CONCRETE]
    if kind_of_names != REALISTIC:
        filled = [name for name in filled if name not in ONLY_REALISTIC]
    keys = [PRIMARY_KEY.name] if IS_KEY_MADE_BY_PYTHON else []
    sources = [_new_key for _ in keys] + [_database_source(name) for name in filled]
    return Columns((*keys, *filled, "password"), tuple(sources), SOURCES[User.USERNAME_FIELD])


def template_user(*, joined_at: datetime.datetime, is_active: bool) -> models.Model:
    """Returns an unsaved user with the values that all accounts of a step share, if the user model has them."""
    shared = {"date_joined": joined_at, "is_active": is_active}
    return User(**{name: value for name, value in shared.items() if name in CONCRETE})


def key_from_database(value: Any) -> Any:
    """Returns the primary key in the model's form: SQLite returns a UUID as text."""
    return PRIMARY_KEY.to_python(value) if IS_KEY_MADE_BY_PYTHON else value


def _new_key(_: Identity) -> Any:
    return PRIMARY_KEY.get_db_prep_save(PRIMARY_KEY.get_default(), connection)


def _database_source(name: str) -> Source:
    """Returns the source with its value in the database's form. Text has that form already."""
    field, source = User._meta.get_field(name), SOURCES[name]
    if isinstance(field, models.CharField):
        return source
    return lambda identity: field.get_db_prep_save(source(identity), connection)  # type: ignore[union-attr]
