"""What is really sent between processes is what tests/formats.json says."""

import base64
import json
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from redis import Redis

from realtime import hints
from task.generation import start_job
from task.tasks import rescue_jobs
from tests.formats import kinds, recorded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def messages() -> dict[str, Any]:
    """The arguments of each message that is queued now, by its task; takes them out."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        queued = [json.loads(text) for queue in ("celery", "upkeep") for text in redis.lrange(queue, 0, -1)]
        redis.delete("celery", "upkeep")
    bodies = {one["headers"]["task"]: json.loads(base64.b64decode(one["body"])) for one in queued}
    assert all(body[0] == [] for body in bodies.values()), "arguments are named"
    return {task: sorted(body[1]) for task, body in bodies.items()}


def test_the_messages_of_a_hand_and_of_the_rescue_are_those_that_are_recorded() -> None:
    messages()
    start_job(total=60)
    rescue_jobs.delay()
    assert messages() == recorded()["sent"]["messages"]


async def test_the_hint_is_the_one_that_is_recorded() -> None:
    layer = hints.layer()
    channel = await layer.new_channel()
    await layer.group_add(hints.group_of("users"), channel)
    await database_sync_to_async(start_job)(total=60)
    assert kinds(await layer.receive(channel)) == recorded()["sent"]["hint"]
    await layer.group_discard(hints.group_of("users"), channel)
