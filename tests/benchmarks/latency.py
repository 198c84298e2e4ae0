"""Latency from commit to client, at 100 events a second, compared to bare Redis pub/sub with a `websockets` server.

Both ends use the machine's monotonic clock. The bare way has no database, so its time starts at PUBLISH.
"""

import asyncio
import json
import subprocess
import sys
import time

import redis.asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, broadcast, serve

from tests.benchmarks.frame import Figure, percentile, service
from tests.benchmarks.plain import connect_plainly
from tests.benchmarks.senders import APPEND, run_shell
from tests.support.services.program import Program
from tests.support.services.service import ROOT, Service, free_port

EVENTS = 1_000
EVERY_SECONDS = 0.01


def measure() -> list[Figure]:
    with service() as running:
        token = Program(running).token
        ours = asyncio.run(watch(running, token))
        bare = through_bare(running.var_dir.joinpath("redis.url").read_text().strip())
    return [
        one
        for share, name in ((0.5, "p50"), (0.99, "p99"))
        for one in (
            Figure(
                what=f"commit to client, {name}",
                value=percentile(ours, share),
                unit="ms",
                ratio=percentile(ours, share) / percentile(bare, share),
                compared_to="bare pub/sub",
                aim="<= 3",
            ),
            Figure(what=f"bare pub/sub and websockets, {name}", value=percentile(bare, share), unit="ms"),
        )
    ]


def through_bare(address: str) -> list[float]:
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.latency", address, str(port)], cwd=ROOT)
    try:
        return asyncio.run(watch_bare(address, port))
    finally:
        server.terminate()
        server.wait()


async def watch(running: Service, token: str) -> list[float]:
    async with connect_plainly(f"{running.address}/ws/users/", token=token) as socket:
        await socket.recv()
        code = APPEND.format(events=EVENTS, each=1, every=EVERY_SECONDS)
        sending = asyncio.create_task(asyncio.to_thread(run_shell, running, code))
        seen: dict[int, float] = {}
        while len(seen) < EVENTS:
            message = json.loads(await socket.recv())
            at = time.monotonic()
            events = message.get("events", [])
            seen |= {event["number"]: at for event in events}
            if events:
                await socket.send(json.dumps({"type": "ack", "offset": events[-1]["offset"]}))
        committed = (await sending)["committed"]
    return [(seen[number] - at) * 1000 for number, at in enumerate(committed)]


async def watch_bare(address: str, port: int) -> list[float]:
    async with await connect_with_retries(f"ws://127.0.0.1:{port}") as socket:
        publishing = asyncio.create_task(publish(address))
        waits = []
        for _ in range(EVENTS):
            sent = json.loads(await socket.recv())["at"]
            waits.append((time.monotonic() - sent) * 1000)
        await publishing
    return waits


async def publish(address: str) -> None:
    """Publishes texts as long as an event, with the time in each."""
    async with redis.asyncio.from_url(address) as client:
        for _ in range(EVENTS):
            await client.publish("bare", json.dumps({"at": time.monotonic(), "rest": "x" * 200}))
            await asyncio.sleep(EVERY_SECONDS)


async def connect_with_retries(address: str) -> ClientConnection:
    deadline = time.monotonic() + 30
    while True:
        try:
            return await connect(address, compression=None, proxy=None)
        except OSError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)


async def bare_server(address: str, port: int) -> None:
    clients: set[ServerConnection] = set()

    async def hold(client: ServerConnection) -> None:
        clients.add(client)
        await client.wait_closed()

    async with redis.asyncio.from_url(address) as client, client.pubsub() as channel:
        await channel.subscribe("bare")
        async with serve(hold, "127.0.0.1", port, compression=None):
            async for message in channel.listen():
                if message["type"] == "message":
                    broadcast(clients, message["data"].decode())


if __name__ == "__main__":
    asyncio.run(bare_server(sys.argv[1], int(sys.argv[2])))
