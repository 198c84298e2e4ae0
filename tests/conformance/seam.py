"""One connection from the log into what is new: what was there, what comes, then nothing, then what comes again."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tests.conformance.pace import require_heartbeats
from tests.conformance.rule import Unseen, require, rule
from tests.conformance.stream import USERS, beside, grown, require_same
from tests.conformance.target import Event, Peer, Target

MANY = 200  # so many that a connection is made before all of them are


@rule("seam", "a connection that resumes goes on live, once each, after a quiet spell and while events come")
async def goes_on_live(target: Target) -> str:
    await target.make(USERS)
    return await require_to_go_on(target)


@rule("job-seam", "the same with ?job=, of a job that is still to come")
async def goes_on_live_with_a_filter(target: Target) -> str:
    job = await target.make(USERS)
    if job is None:
        raise Unseen("the command printed no job's id")
    return await require_to_go_on(target, job + 1)


async def require_to_go_on(target: Target, job: int | None = None) -> str:
    """One connection is there before the events, another resumes in the middle of them: both get what the log holds."""
    start = await target.hello()
    after = start["head"] - USERS
    asked = {"after": after, "epoch": start["epoch"], "job": job}
    async with target.connection(**asked) as early:
        await early.next("hello")
        had = [] if job else await early.events_until(await grown(target))
        for _ in range(2):  # an ack may go back, and repeat
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
    """A connection that resumed while events came, when all of them are committed."""
    async with target.connection() as watcher:
        await watcher.next("hello")
        async with beside(target.make(MANY)) as making:
            await watcher.next("events")
            async with target.connection(**asked) as late:
                await late.next("hello")
                job = await making
                if asked["job"] not in {None, job}:
                    raise Unseen(f"the next job was {job}, and not {asked['job']}")
                yield late


async def held(target: Target, asked: Mapping[str, Any]) -> list[Event]:
    """What the log holds of that."""
    events = await target.log(after=asked["after"], epoch=asked["epoch"])
    return [one for one in events if one["offset"] > asked["after"] and asked["job"] in {None, one.get("job")}]
