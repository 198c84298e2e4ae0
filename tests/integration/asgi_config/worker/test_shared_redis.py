"""Two deployments on one Redis database take none of each other's messages and hints."""

from collections.abc import Iterator

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings
from kombu import Connection, Queue
from redis import Redis

from asgi_config.celery import app
from asgi_config.environment import redis_prefix
from realtime import hints
from task.jobs.start import start_job

pytestmark = pytest.mark.usefixtures("redis")

ANOTHER = "the SECRET_KEY of another deployment"


def take_message(secret_key: str) -> bool:
    """Takes a message as a worker of the deployment with this key. Returns whether there was one."""
    options = {**app.conf.broker_transport_options, "global_keyprefix": redis_prefix(secret_key)}
    with Connection(settings.REDIS_URL, transport_options=options) as connection:
        return Queue("celery")(connection.default_channel).get(no_ack=True) is not None


@pytest.mark.fault("another deployment uses the same Redis database")
@pytest.mark.django_db(transaction=True)
def test_a_worker_of_another_deployment_takes_no_message() -> None:
    while take_message(settings.SECRET_KEY):
        pass
    start_job(total=60)
    assert not take_message(ANOTHER)
    assert take_message(settings.SECRET_KEY)


async def test_a_hub_of_another_deployment_hears_no_hint() -> None:
    another = RedisPubSubChannelLayer(hosts=[settings.REDIS_URL], prefix=f"{redis_prefix(ANOTHER)}asgi")
    own, group = hints.layer(), hints.group_of("users")
    heard, channel = await own.new_channel(), await another.new_channel()
    await own.group_add(group, heard)
    await another.group_add(group, channel)
    await own.group_send(group, {"type": "ours"})
    await another.group_send(group, {"type": "theirs"})
    assert await own.receive(heard) == {"type": "ours"}
    assert await another.receive(channel) == {"type": "theirs"}
    for layer in (own, another):
        await layer.flush()


@pytest.fixture
def narrow_url() -> Iterator[str]:
    """The URL of a user of Redis with the rights that docs/operations.md names."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.execute_command("ACL", "SETUSER", "narrow", "on", ">pass", "~arrivals.*", "&arrivals.*", "+@all")
        yield settings.REDIS_URL.partition("://")[0] + "://narrow:pass@" + settings.REDIS_URL.rpartition("@")[2]
        redis.execute_command("ACL", "DELUSER", "narrow")


async def test_rights_for_the_keys_and_channels_of_arrivals_are_enough(narrow_url: str) -> None:
    with Connection(narrow_url, transport_options=app.conf.broker_transport_options) as connection:
        queue = connection.SimpleQueue("narrow")
        queue.put("sent")
        message = queue.get(timeout=20)
        message.ack()
        queue.close()
    layer = RedisPubSubChannelLayer(hosts=[narrow_url], prefix=f"{settings.REDIS_PREFIX}asgi")
    channel = await layer.new_channel()
    await layer.group_add("narrow", channel)
    await layer.group_send("narrow", {"type": "sent"})
    assert await layer.receive(channel) == {"type": "sent"}
    await layer.flush()


@pytest.mark.django_db(transaction=True)
def test_every_key_begins_with_the_name_of_the_deployment() -> None:
    start_job(total=60)
    with Redis.from_url(settings.REDIS_URL) as redis:
        assert [key for key in redis.scan_iter() if not key.startswith(settings.REDIS_PREFIX.encode())] == []
