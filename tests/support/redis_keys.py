"""The names of a deployment's keys in Redis."""

from django.conf import settings


def redis_key(name: str) -> str:
    """Returns the key of a queue, or another of kombu's keys, of the tests' own deployment."""
    return f"{settings.REDIS_PREFIX}{name}"
