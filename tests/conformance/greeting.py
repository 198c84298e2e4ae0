"""Rules of the first message of a connection, and of frames that a server must refuse."""

from uuid import UUID

from tests.conformance.rule import require, rule
from tests.conformance.target import VERSION, Silence, Target

BAD_QUERIES = (
    {"after": "x"},
    {"after": "-1"},
    {"after": 5},
    {"after": 1, "epoch": "x"},
    {"epoch": UUID(int=5)},
    {"job": "x"},
)
BAD_FRAMES: tuple[str | bytes, ...] = (
    "{",
    "[]",
    b"\x00",
    "x" * 1025,
    '{"type":"ack","offset":"1"}',
    '{"type":"ack","offset":999999999999}',
)


@rule("hello", "hello is the first message; without a cursor, the stream starts at the head")
async def greets(target: Target) -> str:
    async with target.connection() as peer:
        message = await peer.message()
        require(message.get("type") == "hello", "hello first", message)
        require(message["after"] == message["head"], "after to be the head", message)
        return f"head {message['head']} of {message['feed']}"


@rule("version", f"{VERSION} is selected if the client offers it; a client that offers nothing is served")
async def selects_the_version(target: Target) -> str:
    async with target.connection(versions=["arrivals.v0", VERSION]) as peer:
        await peer.next("hello")
        require(peer.socket.subprotocol == VERSION, VERSION, peer.socket.subprotocol)
    async with target.connection(versions=[]) as peer:
        await peer.next("hello")
    return "both are greeted"


@rule("other-version", "a client that offers only other versions is closed with 4500")
async def refuses_other_versions(target: Target) -> str:
    seen = await target.answer(versions=["arrivals.v2"])
    require(seen == 4500, "4500", seen)
    return "4500"


@rule("bad-query", "an invalid cursor is closed with 4500, before any message")
async def refuses_bad_queries(target: Target) -> str:
    for query in BAD_QUERIES:
        seen = await target.answer(**query)
        require(seen == 4500, f"4500 for {query}", seen)
    return f"{len(BAD_QUERIES)} kinds"


@rule("bad-frame", "an invalid frame, and an ack of an offset that was never sent, are closed with 4500")
async def refuses_bad_frames(target: Target) -> str:
    for frame in BAD_FRAMES:
        async with target.connection() as peer:
            await peer.next("hello")
            await peer.send(frame)
            try:
                seen: object = await peer.close_code()
            except Silence as silence:
                seen = silence
            require(seen == 4500, f"4500 for {frame[:40]!r}", seen)
    return f"{len(BAD_FRAMES)} kinds"


@rule("unknown-message", "a message of an unknown type, and unknown fields, are ignored")
async def ignores_the_unknown(target: Target) -> str:
    async with target.connection() as peer:
        head = (await peer.next("hello"))["head"]
        await peer.send_json({"type": "wave"})
        await peer.send_json({"type": "ack", "offset": head, "mood": "fair"})
        await target.make(50)
        events = await peer.batch()
        require(events[0]["offset"] == head + 1, f"events from {head + 1} on", events[0])
        return "events go on"


@rule("early-ack", "the offset that the client asked to begin after is acknowledged before hello, and after a reset")
async def accepts_early_acks(target: Target) -> str:
    start = await target.hello()
    for after in (start["head"], start["head"] + 1_000_000):
        async with target.connection(after=after, epoch=start["epoch"]) as peer:
            await peer.acknowledge(after)
            hello = await peer.next("hello")
            if after > hello["head"]:
                await peer.next("reset")
            await target.make(50)
            events = await peer.batch()
            require(events[0]["offset"] == hello["after"] + 1, f"events from {hello['after'] + 1} on", events[0])
    return "events go on"
