"""A model of a feed in plain Python, and one watcher of the real feed, for the state machine of test_feed_model.py."""

import asyncio
import json
from contextlib import aclosing
from dataclasses import dataclass, field
from uuid import UUID

from realtime import log
from realtime.follow import follow
from realtime.hub import read_position
from realtime.protocol import Cursor, Subscription


class Model:
    """The log in ten lines: the key of each event, by epoch. Only the newest epoch can be trimmed and read."""

    def __init__(self, epoch: UUID) -> None:
        self.keys_by_epoch: dict[UUID, list[str]] = {epoch: []}
        self.epoch = epoch
        self.floor = 0

    @property
    def head(self) -> int:
        return len(self.keys_by_epoch[self.epoch])

    def reset_reason(self, cursor: Cursor) -> str | None:
        if cursor.epoch != self.epoch:
            return "epoch"
        return "trimmed" if cursor.offset < self.floor else "ahead" if cursor.offset > self.head else None

    def after(self, cursor: Cursor, key: str | None) -> list[int]:
        events = enumerate(self.keys_by_epoch[cursor.epoch], 1)
        return [offset for offset, own in events if offset > cursor.offset and key in {None, own}]


@dataclass(eq=False)
class Watching:
    """One connection: its real start and the offsets that it received. `gate` is closed while it stalls."""

    subscription: Subscription
    start: Cursor | None = None
    reset: str | None = None
    offsets: list[int] = field(default_factory=list)
    lost: str | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def cursor(self) -> Cursor:
        assert self.start
        return Cursor(self.start.epoch, self.offsets[-1] if self.offsets else self.start.offset)

    async def watch(self, feed: str) -> None:
        self.gate.set()
        self.start, self.reset = self.subscription.start(await read_position(feed))
        try:
            async with aclosing(follow(feed, self.start, key=self.subscription.key)) as batches:
                async for batch in batches:
                    events = [event["offset"] for event in json.loads(batch.frame)["events"]]
                    self.offsets += [offset for offset in events if self.offsets or offset > self.start.offset]
                    await self.gate.wait()
        except log.CursorLost as lost:
            self.lost = lost.reason
