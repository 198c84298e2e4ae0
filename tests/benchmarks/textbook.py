"""The textbook way, for comparison: a consumer that joins a group on the core Redis layer, and messages to the group.

`python -m daphne ... tests.benchmarks.textbook:application` serves it; `python -m tests.benchmarks.textbook EVENTS EACH
EVERY` sends messages with EACH events each. `python -m tests.benchmarks.textbook broadcast PORT EVENTS EACH EVERY` is a
bare `websockets` server that makes and broadcasts the same events by itself. REDIS_URL is the URL of Redis.
"""

import asyncio
import json
import os
import sys
import time
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from django.conf import settings
from websockets.asyncio.server import ServerConnection, broadcast, serve

GROUP = "textbook"
USER = {"id": 1, "username": "user_abcdefghij", "email": "user_abcdefghij@example.com", "date_joined": "2026-01-01"}

if not settings.configured:
    layer = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [os.environ.get("REDIS_URL", "")]}}
    settings.configure(CHANNEL_LAYERS={"default": layer}, INSTALLED_APPS=[], SECRET_KEY="for a benchmark only")


class Textbook(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def user_created(self, message: dict[str, Any]) -> None:
        await self.send(text_data=message["text"])


application = Textbook.as_asgi()


def text_of(numbers: range) -> str:
    at = time.monotonic()
    events = [
        {"type": "user.created", "job": None, "number": number, "total": None, "user": USER, "at": at}
        for number in numbers
    ]
    return json.dumps({"type": "events", "first": numbers[0], "last": numbers[-1], "events": events})


async def paced(events: int, each: int, every: float, send: Any) -> None:
    due = time.monotonic()
    for first in range(0, events, each):
        await send(text_of(range(first, first + each)))
        due += every
        await asyncio.sleep(max(0, due - time.monotonic()))


async def to_group(text: str) -> None:
    layer = get_channel_layer()
    assert layer
    await layer.group_send(GROUP, {"type": "user.created", "text": text})


async def bare_server(port: int, events: int, each: int, every: float) -> None:
    """Serves clients, and starts to send when it reads a line on stdin."""
    clients: set[ServerConnection] = set()

    async def hold(client: ServerConnection) -> None:
        clients.add(client)
        await client.wait_closed()

    async def to_all(text: str) -> None:
        broadcast(clients, text)

    async with serve(hold, "127.0.0.1", port, compression=None):
        await asyncio.to_thread(sys.stdin.readline)
        await paced(events, each, every, to_all)
        await asyncio.Future()


if __name__ == "__main__":
    if sys.argv[1] == "broadcast":
        asyncio.run(bare_server(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])))
    else:
        asyncio.run(paced(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), to_group))
