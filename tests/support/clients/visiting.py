"""Users of the pages by Django's test client, and the text of the pages."""

import re
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from task.models import Job


def person(name: str, *permissions: str) -> Any:
    user = get_user_model().objects.create_user(name)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def visit(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode()))


def request_id_on(response: Any) -> str:
    found = re.search(r'name="request_id" value="([^"]+)"', response.content.decode())
    assert found
    return found.group(1)


def job_at(*, created: int, state: str) -> Job:
    now = timezone.now()
    ended = None if state in Job.ACTIVE else now
    return Job.objects.create(total=500, created=created, state=state, nonce=b"", created_at=now, finished_at=ended)
