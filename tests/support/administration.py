"""Setup for tests of the admin: a finished job, and a client of a user with given permissions."""

from typing import Any
from uuid import uuid4

from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from realtime import outbox
from task import tokens
from task.events import FEED
from task.jobs.start import start_job
from task.models import Job, Worker
from tests.support.stepping import step

TOTAL = 5


def make_job(requester: User) -> Job:
    """Makes a finished job with its accounts and events, a token of its requester, and a live worker."""
    task_id = uuid4()
    job = start_job(total=TOTAL, requested_by=requester, task_id=task_id).job
    outbox.relay(FEED)
    assert step(job, task_id, TOTAL)
    tokens.make_token(user=requester, name="nightly", days=1, by=requester)
    Worker.objects.get_or_create(name=f"worker@{job.pk}", defaults={"heard_at": timezone.now()})
    job.refresh_from_db()
    return job


def client_of(username: str, *permissions: str, **options: Any) -> Client:
    user = User.objects.create(username=username, is_staff=True, **options)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    assert user.user_permissions.count() == len(permissions)
    client = Client()
    client.force_login(user)
    return client


def list_of(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(row: Any, page: str = "change") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[quote(row.pk)])


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()
