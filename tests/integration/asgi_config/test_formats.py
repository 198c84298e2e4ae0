"""Messages and hints that really go through Redis have the formats that tests/support/formats.py finds without it."""

import base64
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from celery.beat import Scheduler
from channels.db import database_sync_to_async
from django.conf import settings
from redis import Redis

from asgi_config.celery import app
from asgi_config.worker.lifecycle import request_rescue
from realtime import hints
from task.jobs.start import start_job
from tests.support import stepping
from tests.support.formats import kinds, present
from tests.support.redis_keys import redis_key

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def messages() -> dict[str, Any]:
    """Takes all queued messages out of Redis and returns their arguments by task."""
    keys = [redis_key(queue) for queue in ("celery", "upkeep")]
    with Redis.from_url(settings.REDIS_URL) as redis:
        queued = [json.loads(text) for key in keys for text in redis.lrange(key, 0, -1)]
        redis.delete(*keys)
    bodies = {one["headers"]["task"]: json.loads(base64.b64decode(one["body"])) for one in queued}
    assert all(body[0] == [] for body in bodies.values()), "arguments are named"
    return {task: sorted(body[1]) for task, body in bodies.items()}


def beat() -> None:
    scheduler = Scheduler(app)
    for name in settings.CELERY_BEAT_SCHEDULE:
        scheduler.apply_async(scheduler.schedule[name])


@pytest.mark.parametrize(
    ("sender", "send"), [("beat", beat), ("request_rescue", request_rescue), ("dispatch", partial(start_job, total=60))]
)
def test_sent_messages_have_the_recorded_formats(sender: str, send: Callable[[], object]) -> None:
    messages()
    send()
    assert messages() == present()["sent"]["messages"][sender]


async def test_a_sent_hint_has_the_recorded_format() -> None:
    layer = hints.layer()
    channel = await layer.new_channel()
    await layer.group_add(hints.group_of("users"), channel)
    await database_sync_to_async(stepping.running)()
    hint = await layer.receive(channel)
    while hint["type"] != "feed.appended":  # one that entries wait in the outbox
        hint = await layer.receive(channel)
    assert kinds(hint) == present()["sent"]["hint"]
    await layer.group_discard(hints.group_of("users"), channel)
