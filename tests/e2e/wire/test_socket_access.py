"""The socket's part of the permission table of tests/integration/task/test_permissions.py, on a real daphne."""

import json

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.test import Client
from websockets.exceptions import ConnectionClosed

from task.tokens import make_token
from tests.integration.task.test_permissions import PERMISSIONS, VIEW_USER, person
from tests.support.clients.watcher import connect_to

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("held", [set(), *({one} for one in PERMISSIONS)], ids=str)
async def test_the_socket_opens_only_for_users_who_may_see_users(held: set[str], web: str) -> None:
    cookie, token = await sync_to_async(credentials_of)(held)
    for credentials in ({"cookie": cookie}, {"token": token}):
        async with connect_to(f"{web}/ws/users/", **credentials) as socket:
            if VIEW_USER in held:
                assert json.loads(await socket.recv())["type"] == "hello"
            else:
                with pytest.raises(ConnectionClosed):
                    await socket.recv()
                assert socket.close_code == 4503


def credentials_of(held: set[str]) -> tuple[str, str]:
    """Returns a session cookie and a token of a user with these permissions. Closes its thread's connection."""
    user = person(held)
    client = Client()
    client.force_login(user)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    token = make_token(user=user, name="of the test", days=1)
    connection.close()
    return cookie, token
