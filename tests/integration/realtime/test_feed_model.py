"""Log, hub, ring and follow against a list: every watcher gets the log after its cursor, each event once, in order.

Otherwise it first learns that its cursor cannot be honoured. Hints are lost, repeated and reordered. The log is
trimmed and gets new epochs. Watchers connect with any cursor, stall, leave and resume.
"""

import asyncio
import datetime
import json
from collections.abc import Coroutine
from itertools import count
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from realtime import hints, log, outbox
from realtime.hub import hub_of
from realtime.models import Batch, FeedHead
from realtime.protocol import Cursor, Subscription
from tests.chaos.faults.hits import Strikes
from tests.integration.realtime.feed_model import Model, Watching
from tests.support import machines
from tests.support.layers import HeldLayer
from tests.support.waiting import wait_until_async

# Hypothesis needs time to shrink a failure.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(1800)]

HOUR = 3600
FEEDS = count(1)
LONG_AGO = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
KEYS = st.sampled_from(["", "7", "8"])


class FeedMachine(RuleBasedStateMachine):
    sent_hints = Bundle("sent_hints")
    watchers = Bundle("watchers")
    wait_seconds: ClassVar[float] = 30

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.feed = f"model-{next(FEEDS)}"
        self.model = Model(outbox.head(self.feed).epoch)
        self.tasks: dict[Watching, asyncio.Task[None]] = {}
        self.run(self.start_hub())

    @property
    def layer(self) -> HeldLayer:
        layer = hints.layer()
        assert isinstance(layer, HeldLayer)
        return layer

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    async def start_hub(self) -> None:
        hub = hub_of(self.feed)
        await wait_until_async(lambda: hub.is_subscribed and hub.restarts)

    async def deliver(self, message: dict[str, Any]) -> None:
        self.layer.deliver(message)
        await asyncio.sleep(0)

    # Rules of the log

    @rule(target=sent_hints, key=KEYS, number=st.sampled_from([1, 2, 5, 201]), size=st.sampled_from([0, 0, 0, 9_000]))
    def append(self, key: str, number: int, size: int) -> Any:
        number = min(number, 7) if size else number
        with transaction.atomic():
            log.append(self.feed, [json.dumps({"type": "test", "text": "x" * size})] * number, key=key)
        self.model.keys_by_epoch[self.model.epoch] += [key] * number
        return self.layer.sent.pop()

    @rule(key=KEYS)
    def roll_back(self, key: str) -> None:
        before = len(self.layer.sent)
        with transaction.atomic():
            log.append(self.feed, [json.dumps({"type": "undone"})], key=key)
            transaction.set_rollback(True)
        assert len(self.layer.sent) == before

    @rule(keep=st.integers(0, 30))
    def trim(self, keep: int) -> None:
        before = self.model.floor
        log.trim(self.feed, keep=keep, older_than=LONG_AGO)
        self.model.floor = outbox.head(self.feed).floor
        assert before <= self.model.floor <= max(before, self.model.head - keep)

    @rule()
    def begin_new_epoch(self) -> None:
        epoch = uuid4()
        Batch.objects.filter(feed__name=self.feed).delete()
        FeedHead.objects.filter(name=self.feed).update(epoch=epoch, head=0, floor=0)
        self.model.keys_by_epoch[epoch], self.model.epoch, self.model.floor = [], epoch, 0

    # Rules of its hints

    @rule(message=sent_hints)
    def hear(self, message: dict[str, Any]) -> None:
        """A hint comes late, early, or once more."""
        self.run(self.deliver(message))

    @rule(message=consumes(sent_hints))
    def lose(self, message: dict[str, Any]) -> None:
        pass

    # Rules of watchers

    @rule(target=watchers, key=st.sampled_from([None, "7"]), is_new=st.booleans())
    def connect(self, key: str | None, is_new: bool) -> Any:
        return self.open(Subscription(key=key) if is_new else Subscription(0, key=key))

    @rule(target=watchers, distance=st.integers(-2, 2), from_floor=st.booleans(), key=st.sampled_from([None, "7"]))
    def connect_at_an_edge(self, distance: int, from_floor: bool, key: str | None) -> Any:
        edge = self.model.floor if from_floor else self.model.head
        return self.open(Subscription(max(0, edge + distance), self.model.epoch, key))

    @rule(target=watchers, after=st.integers(0, 300), key=st.sampled_from([None, "7"]), epoch=st.integers(0, 9))
    def connect_with_a_cursor(self, after: int, key: str | None, epoch: int) -> Any:
        epochs = list(self.model.keys_by_epoch)
        return self.open(Subscription(after, epochs[-1 - epoch % len(epochs)], key))

    @rule(target=watchers, watcher=consumes(watchers))
    def cut_and_resume(self, watcher: Watching) -> Any:
        self.close(watcher)
        return self.open(Subscription(watcher.cursor.offset, watcher.cursor.epoch, watcher.subscription.key))

    @rule(watcher=consumes(watchers))
    def leave(self, watcher: Watching) -> None:
        self.close(watcher)

    @rule(watcher=watchers)
    def stall(self, watcher: Watching) -> None:
        watcher.gate.clear()

    @rule(watcher=watchers)
    def go_on(self, watcher: Watching) -> None:
        self.run(self.set_gates([watcher]))

    def open(self, subscription: Subscription) -> Watching:
        watcher = Watching(subscription)
        self.run(self.start_watching(watcher))
        if subscription.after is not None and subscription.epoch is not None:
            assert watcher.reset == self.model.reset_reason(Cursor(subscription.epoch, subscription.after))
        requested = subscription.after if subscription.epoch is not None and not watcher.reset else None
        default = self.model.floor if subscription.after == 0 and subscription.epoch is None else self.model.head
        assert watcher.start == Cursor(self.model.epoch, default if requested is None else requested)
        return watcher

    async def start_watching(self, watcher: Watching) -> None:
        self.tasks[watcher] = asyncio.create_task(watcher.watch(self.feed))
        await wait_until_async(lambda: watcher.start)

    def close(self, watcher: Watching) -> None:
        self.run(self.end(self.tasks.pop(watcher)))

    async def end(self, task: "asyncio.Task[None]") -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def set_gates(self, watchers: list[Watching]) -> None:
        for watcher in watchers:
            watcher.gate.set()
        await asyncio.sleep(0)

    # Invariants

    @invariant()
    def events_come_once_and_in_order(self) -> None:
        for watcher in self.tasks:
            assert watcher.start
            expected = self.model.after(watcher.start, watcher.subscription.key)
            assert watcher.offsets == expected[: len(watcher.offsets)]
            assert watcher.lost in {None, "epoch", "trimmed"}
            if watcher.lost == "epoch":
                assert watcher.start.epoch != self.model.epoch
            elif watcher.lost == "trimmed":
                assert watcher.start.epoch != self.model.epoch or watcher.cursor.offset < self.model.floor

    @precondition(lambda self: self.tasks)
    @rule()
    def check_the_head(self) -> None:
        """Checks the head as the hub does every second. After that, every watcher has all events."""
        self.run(self.settle())

    async def settle(self) -> None:
        await self.set_gates(list(self.tasks))
        await self.deliver({"type": "feed.appended", "epoch": str(uuid4()), "batches": []})
        try:
            await wait_until_async(lambda: all(map(self.has_all, self.tasks)), FeedMachine.wait_seconds)
        except AssertionError:
            FeedMachine.wait_seconds = 1  # later runs only shrink the failure
            raise

    def has_all(self, watcher: Watching) -> bool:
        assert watcher.start
        has_old_epoch = watcher.start.epoch != self.model.epoch
        return bool(
            watcher.lost
            or (not has_old_epoch and watcher.offsets == self.model.after(watcher.start, watcher.subscription.key))
        )

    def teardown(self) -> None:
        try:
            self.run(self.settle())
        finally:
            self.runner.close()


@pytest.mark.fault("cuts, stalls, lost hints, trims and new epochs in any order")
def test_every_watcher_gets_the_log_after_its_cursor(
    settings: Any, monkeypatch: pytest.MonkeyPatch, strikes: Strikes
) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.support.layers.HeldLayer"}}
    settings.HEAD_CHECK_SECONDS = HOUR
    monkeypatch.setattr("realtime.ring.RING_BYTES", 9_000)
    strikes.hit(times=machines.run(FeedMachine, examples=40, steps=25))
