"""Rules of the stream: every event after the cursor, once and in order, or a reset."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from itertools import zip_longest
from typing import TypeVar
from uuid import uuid4

from tests.conformance.rule import Broken, Unseen, require, rule
from tests.conformance.target import Event, Target

T = TypeVar("T")
USERS = 60
CUTS = 8


def require_dense(events: list[Event], after: int, seen_by: str) -> None:
    """Requires the offsets after + 1, after + 2, ..., which is the promise itself."""
    for expected, event in enumerate(events, after + 1):
        if event["offset"] != expected:
            raise Broken(f"{seen_by}: expected the offset {expected}, saw {event['offset']}")


def require_same(events: list[Event], expected: list[Event], seen_by: str) -> None:
    """Requires equal lists of events, and reports the first difference."""
    for seen, event in zip_longest(events, expected, fillvalue="no more"):
        require(seen == event, f"{seen_by}: {event}", seen)


async def head_after_growth(target: Target) -> int:
    await target.make(USERS)
    return int((await target.hello())["head"])


@asynccontextmanager
async def during(making: Awaitable[T]) -> AsyncIterator[asyncio.Future[T]]:
    """Runs `making` during the block and awaits it, because it could disturb the next rule or fail unnoticed."""
    task = asyncio.ensure_future(making)
    try:
        yield task
    finally:
        await task


@rule("live", "two watchers see every new event once, in order, and the same events")
async def sends_new_events(target: Target) -> str:
    async with target.connection() as one, target.connection() as other:
        start = (await one.next("hello"))["head"]
        require((await other.next("hello"))["head"] == start, f"the head {start} for both", "another")
        head = await head_after_growth(target)
        seen, too = await one.events_until(head), await other.events_until(head)
    require_dense(seen, start, "live")
    require_same(too, seen, "at the other watcher")
    require(len(seen) >= USERS, f"{USERS} users at least", f"{len(seen)} events")
    return f"{len(seen)} events"


@rule("replay", "after=0 returns the whole log, and events that a watcher saw live are the same in the log")
async def replays(target: Target) -> str:
    async with target.connection() as peer:
        start = (await peer.next("hello"))["head"]
        live = await peer.events_until(await head_after_growth(target))
    require_dense(live, start, "live")
    floor = (await target.hello(after=0))["after"]
    events = await target.log()
    require_dense(events, floor, "replay")
    require_same(events[-len(live) :], live, "from the log, as live")
    return f"{len(events)} events from {floor + 1} on"


@rule("resume", "a client that resumes from any offset gets exactly the rest, also inside a batch")
async def resumes(target: Target) -> str:
    await target.make(USERS)
    events, epoch = await target.log(), (await target.hello())["epoch"]
    recent = events[-USERS:]
    for event in [*recent[:: USERS // CUTS], recent[-2]]:
        after = event["offset"]
        seen = [one for one in await target.log(after=after, epoch=epoch) if one["offset"] > after]
        require_same(seen, [one for one in events if one["offset"] > after], f"after {after}")
    return f"{len(recent[:: USERS // CUTS]) + 1} offsets"


@rule("cuts", "a client that is cut repeatedly while events arrive misses none")
async def survives_cuts(target: Target) -> str:
    start = await target.hello()
    first, cuts = start["head"], 0
    events: list[Event] = []
    async with during(head_after_growth(target)) as making:
        while not making.done() or first + len(events) < making.result():
            after = first + len(events)
            async with target.connection(after=after, epoch=start["epoch"]) as peer:
                if (await peer.next("hello"))["head"] > after:
                    events += [event for event in await peer.batch() if event["offset"] > after]
            require_dense(events, first, f"after {cuts} cuts")
            cuts += 1
    return f"{len(events)} events over {cuts} connections"


@rule("job-filter", "with ?job= all events of that job arrive, and no others")
async def filters(target: Target) -> str:
    start = await target.hello()
    await target.make(USERS)
    job = await target.make(USERS)
    if job is None:
        raise Unseen("the command printed no job's id")
    await target.make(USERS)
    everything = await target.log(after=start["head"], epoch=start["epoch"])
    expected = [event for event in everything if event.get("job") == job]
    require(expected, f"events of the job {job}", "none")
    async with target.connection(after=start["head"], epoch=start["epoch"], job=job) as peer:
        await peer.next("hello")
        seen = await peer.events_until(expected[-1]["offset"])
    require_same(seen, expected, f"of the job {job}")
    numbers = [event["number"] for event in seen if event["type"] == "user.created"]
    require(numbers == list(range(1, USERS + 1)), f"the accounts 1 to {USERS}, in order", numbers)
    require(seen[-1]["type"] == "job.finished", "job.finished at the end", seen[-1]["type"])
    return f"{len(seen)} of {len(everything)} events"


async def require_reset(target: Target, reason: str, after: int, epoch: object) -> str:
    """Requires a reset right after hello, and then events from the head that it names."""
    async with target.connection(after=after, epoch=epoch) as peer:
        hello = await peer.next("hello")
        await target.make(USERS)
        reset = await peer.message()
        require(reset.get("type") == "reset", f"a reset for {reason!r}", reset.get("type"))
        require(reset["reason"] == reason, reason, reset["reason"])
        require(reset["epoch"] == hello["epoch"], "the epoch of hello", reset["epoch"])
        require(hello["after"] == reset["head"], f"hello.after to be {reset['head']}, the head", hello["after"])
        events = await peer.batch()
        require_dense(events, reset["head"], "after a reset")
    return f"{reason}, then events from {reset['head'] + 1} on"


@rule("reset-epoch", "a cursor from another epoch is reset")
async def resets_another_epoch(target: Target) -> str:
    return await require_reset(target, "epoch", (await target.hello())["head"], uuid4())


@rule("reset-ahead", "a cursor beyond the head is reset")
async def resets_a_cursor_ahead(target: Target) -> str:
    start = await target.hello()
    return await require_reset(target, "ahead", start["head"] + 1_000_000, start["epoch"])


@rule("reset-trimmed", "a cursor below the log's floor is reset, but after=0 without an epoch never is")
async def resets_a_trimmed_cursor(target: Target) -> str:
    first = await target.hello(after=0)
    if first["after"] == 0:
        raise Unseen("this log was never trimmed")
    return await require_reset(target, "trimmed", first["after"] - 1, first["epoch"])
