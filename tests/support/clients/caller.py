"""Clients of the JSON API: over Django's test client, or over real connections to a daphne."""

import json
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from tests.support.answer import Answer
from tests.support.waiting import DEADLINE

ALL = ("view_user", "add_job", "add_large_job", "view_job", "change_job", "delete_job")


@dataclass
class Caller:
    """A client that is signed in by session. It sends `headers` with each call; `client` keeps the cookies."""

    user: Any = None
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, address: str, **headers: str) -> Answer:
        return answer_of(self.client.get(address, headers={**self.headers, **headers}))

    def post(self, address: str, body: object = None, **headers: str) -> Answer:
        """Sends `body` as JSON, or bytes unchanged."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        content_type = headers.pop("content_type", "application/json")
        sent = self.client.generic("POST", address, data, content_type, headers={**self.headers, **headers})
        return answer_of(sent)


def person(name: str, *permissions: str) -> Any:
    user = get_user_model().objects.create_user(name, email=f"{name}@mail.example")
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def caller(name: str, *permissions: str) -> Caller:
    found = Caller(person(name, *permissions))
    found.client.force_login(found.user)
    return found


def answer_of(response: Any) -> Answer:
    return Answer(response.status_code, response.headers, text_of(response))


def text_of(response: Any) -> str:
    """Returns the whole body, also of a streamed response."""
    if not response.streaming:
        return str(response.content.decode())
    if not response.is_async:
        return b"".join(response.streaming_content).decode()
    return async_to_sync(_collected)(response)


async def _collected(response: Any) -> str:
    return b"".join([piece async for piece in response]).decode()


def fetch(address: str, cookie: str = "", *, method: str = "GET", body: object = None, **headers: str) -> Answer:
    """Sends one request on a new connection."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, timeout=DEADLINE)
    given = {"Content-Type": "application/json"} if body is not None else {}
    given |= {"Cookie": cookie} if cookie else {}
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {**given, **headers})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read().decode())  # type: ignore[arg-type]
    finally:
        connection.close()
