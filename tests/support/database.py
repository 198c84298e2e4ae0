"""The test database: its URL for other processes, rows that many tests need, and work in several threads."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client

Append = Callable[..., int]
T = TypeVar("T")


def at_once(times: int, work: Callable[[], T]) -> list[T]:
    """Returns the results of the threads, or raises the exception of one. Each thread has its own connection."""

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(_and_close, [work] * times))


@contextmanager
def in_background(work: Callable[[], object]) -> Iterator[None]:
    """Runs the function in a thread with its own connection during the block. Raises its exception at the end."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(_and_close, work)
        yield
        running.result()


def _and_close(work: Callable[[], T]) -> T:
    try:
        return work()
    finally:
        connection.close()


def session_of(username: str, *permissions: str) -> str:
    """Returns the Cookie header of a new user with these permissions."""
    user = get_user_model().objects.create(username=username)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return f"postgres://{database['USER']}@{quote(database['HOST'], safe='')}/{database['NAME']}"
