"""Rules of flow control: heartbeats, and the window that a client's acknowledgements free."""

import json
import math
import time

from tests.conformance.rule import Broken, require, rule
from tests.conformance.target import FRAME_BYTES, Closed, Message, Peer, Silence, Target

EARLY = 0.75  # share of the time to 4008, because a client may read the last frame late


@rule("heartbeat", "an idle connection gets a heartbeat with the head every heartbeat_s seconds")
async def beats(target: Target) -> str:
    await target.make(50)
    async with target.connection() as peer:
        hello = await peer.next("hello")
        for message in await require_heartbeats(target, peer, hello["heartbeat_s"]):
            require(message["head"] == hello["head"], f"the head {hello['head']}", message)
        return f"two, {hello['heartbeat_s']} s apart"


async def require_heartbeats(target: Target, peer: Peer, heartbeat_s: float) -> list[Message]:
    """Returns two heartbeats. They must arrive in time, without any other message."""
    heard = []
    for _ in range(2):
        try:
            heard.append(await peer.message(target.most_s(heartbeat_s)))
        except Silence:
            raise Broken(f"expected a heartbeat after {heartbeat_s} s; saw nothing") from None
        require(heard[-1].get("type") == "heartbeat", "a heartbeat while nothing is made", heard[-1])
    return heard


@rule("window", "a client that never acknowledges gets one window, and is closed with 4008 in time, not sooner")
async def closes_a_slow_client(target: Target) -> str:
    window = await fill(target)
    async with target.connection(after=0) as peer:
        await peer.next("hello")
        full_at = await read_all(peer, target.settle_s)
        most = window + FRAME_BYTES
        require(window <= peer.size <= most, f"{window} to {most} bytes", f"{peer.size} bytes")
        code = await peer.close_code(target.most_s(target.too_slow_s))
        waited_s = time.monotonic() - full_at
        seen = f"{code} after {waited_s:.1f} s"
        require(code == 4008 and waited_s >= target.too_slow_s * EARLY, f"4008 after {target.too_slow_s:g} s", seen)
        return f"{peer.size} bytes, then {seen}"


@rule("acknowledge", "one ack of the last batch frees the window, and a client that continues to acknowledge gets all")
async def continues_after_an_ack(target: Target) -> str:
    window = await fill(target)
    async with target.connection(after=0) as peer:
        head = (await peer.next("hello"))["head"]
        await read_all(peer, target.settle_s)
        stop = peer.last
        require(stop < head, "a stop before the head", f"{stop} of {head}")
        size = peer.size
        await peer.acknowledge(stop)
        await read_all(peer, target.settle_s)
        more = peer.size - size
        require(peer.last >= head or more >= window, f"{window} bytes after one ack, or all", f"{more} bytes")
        await peer.acknowledge(peer.last)
        await peer.events_until(head)
        return f"a stop at {stop}, then all up to {head}"


async def read_all(peer: Peer, settle_s: float) -> float:
    """Reads without acknowledging until no events arrive for a moment. Returns the time of the last events."""
    came_at = time.monotonic()
    try:
        while (left_s := came_at + settle_s - time.monotonic()) > 0:
            message = await peer.message(left_s)
            if message.get("type") == "events":
                came_at = time.monotonic()
    except (Silence, Closed):
        pass
    return came_at


async def fill(target: Target) -> int:
    """Makes events until the log holds more than a window and two frames of them. Returns the window's size.

    Events are measured without spaces, as small as a server can write them. With spaces, a tenth of a large window
    would be missing.
    """
    while True:
        hello = await target.hello(after=0)
        events, window = await target.log(), int(hello["window_bytes"])
        size = sum(len(json.dumps(event, separators=(",", ":"))) for event in events)
        if size > (wanted := window * 1.1 + 2 * FRAME_BYTES):
            return window
        size_of_one = size / len(events) if events else 100
        await target.make(max(50, math.ceil((wanted - size) / size_of_one)))
