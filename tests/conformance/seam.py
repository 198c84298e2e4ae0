"""Rules of the change from replay to live: one connection gets old events, new ones, a quiet time, then more."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tests.conformance.pace import require_heartbeats
from tests.conformance.rule import Unseen, require, rule
from tests.conformance.stream import USERS, during, head_after_growth, require_same
from tests.conformance.target import Event, Peer, Target

MANY = 200  # enough that a client can connect before all of them are made


@rule("seam", "a resumed connection continues live, each event once, after a quiet time and while events arrive")
async def continues_live(target: Target) -> str:
    await target.make(USERS)
    return await require_all_events(target)


@rule("job-seam", "the same with ?job=, for a job that does not exist yet")
async def continues_live_with_a_filter(target: Target) -> str:
    job = await target.make(USERS)
    if job is None:
        raise Unseen("the command printed no job's id")
    return await require_all_events(target, job + 1)


async def require_all_events(target: Target, job: int | None = None) -> str:
    """One connection opens before the events, another resumes in the middle of them: both get the log's events."""
    start = await target.hello()
    after = start["head"] - USERS
    asked = {"after": after, "epoch": start["epoch"], "job": job}
    async with target.connection(**asked) as early:
        await early.next("hello")
        had = [] if job else await early.events_until(await head_after_growth(target))
        for _ in range(2):  # an ack may go back, and may repeat
            await early.acknowledge(after)
        await require_heartbeats(target, early, start["heartbeat_s"])
        async with joined(target, asked) as late:
            expected = await held(target, asked)
            require(expected, "events in the log", "none")
            for peer, before in ((early, had), (late, [])):
                seen = before + await peer.events_until(expected[-1]["offset"])
                require_same([one for one in seen if one["offset"] > after], expected, "as in the log")
    return f"{len(expected)} events, with heartbeats between"


@asynccontextmanager
async def joined(target: Target, asked: Mapping[str, Any]) -> AsyncIterator[Peer]:
    """Yields a connection that resumed while events were made, once all of them are committed."""
    async with target.connection() as watcher:
        await watcher.next("hello")
        async with during(target.make(MANY)) as making:
            await watcher.next("events")
            async with target.connection(**asked) as late:
                await late.next("hello")
                job = await making
                if asked["job"] not in {None, job}:
                    raise Unseen(f"the next job was {job}, and not {asked['job']}")
                yield late


async def held(target: Target, asked: Mapping[str, Any]) -> list[Event]:
    """Returns the log's events for this cursor and job."""
    events = await target.log(after=asked["after"], epoch=asked["epoch"])
    return [one for one in events if one["offset"] > asked["after"] and asked["job"] in {None, one.get("job")}]
