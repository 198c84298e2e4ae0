"""The access watch: which connections a hint makes it check, and how often."""

import asyncio
from contextlib import ExitStack
from typing import Any

import pytest
from pytest_django import Settings

from realtime import hints
from realtime.endpoints import access_watch
from realtime.endpoints.draining import CancelScope
from realtime.protocol import CloseCode, Disconnect
from tests.support.layers import HeldLayer
from tests.support.waiting import wait_until_async

LOST = Disconnect(CloseCode.NOT_ALLOWED, "lost")


class Asked:
    """A check that counts its calls. It waits for the gate, and then raises if its access is lost."""

    def __init__(self, *, is_lost: bool = False) -> None:
        self.calls = 0
        self.is_lost = is_lost
        self.gate = asyncio.Event()
        self.gate.set()
        self.scope = CancelScope()

    async def __call__(self) -> None:
        self.calls += 1
        await self.gate.wait()
        if self.is_lost:
            raise LOST


@pytest.fixture(autouse=True)
def layer(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.support.layers.HeldLayer"}}
    monkeypatch.setattr(access_watch, "REST_SECONDS", 0)


def deliver(user: str | None) -> None:
    channel_layer: Any = hints.layer()
    assert isinstance(channel_layer, HeldLayer)
    channel_layer.deliver({"type": hints.ACCESS_CHANGED, "user": user})


async def wait_in(check: Asked) -> None:
    async with check.scope:
        with access_watch.watching(7, check, check.scope, since=0):
            await asyncio.Event().wait()


async def subscribed() -> None:
    await wait_until_async(access_watch.changes)


async def test_a_connection_is_checked_when_its_watch_starts_and_after_a_hint_for_its_user_or_for_all() -> None:
    with ExitStack() as stack:
        mine, other = Asked(), Asked()
        for key, check in ((7, mine), (8, other)):
            stack.enter_context(access_watch.watching(key, check, check.scope, since=access_watch.changes()))
        await wait_until_async(lambda: mine.calls == other.calls == 1)
        deliver("7")
        await wait_until_async(lambda: mine.calls == 2)
        deliver(None)
        await wait_until_async(lambda: mine.calls == 3)
        assert other.calls == 2


async def test_a_failed_check_ends_only_its_connection() -> None:
    lost, kept = Asked(is_lost=True), Asked()
    with access_watch.watching(7, kept, kept.scope, since=0):
        with pytest.raises(Disconnect):
            await wait_in(lost)
        await wait_until_async(lambda: kept.calls)
    assert not kept.scope.is_cancelled


async def test_a_hint_between_the_first_check_of_a_connection_and_its_watching_is_not_missed() -> None:
    first, late = Asked(), Asked()
    with access_watch.watching(7, first, first.scope, since=0):
        await subscribed()
        before = access_watch.changes()
        deliver("8")
        await wait_until_async(lambda: access_watch.changes() > before)
        with access_watch.watching(8, late, late.scope, since=before):
            await wait_until_async(lambda: late.calls)


async def test_hints_that_come_during_a_check_cost_one_more_check() -> None:
    check = Asked()
    with access_watch.watching(7, check, check.scope, since=0):
        await wait_until_async(lambda: check.calls == 1)
        check.gate.clear()
        deliver("7")
        await wait_until_async(lambda: check.calls == 2)
        before = access_watch.changes()
        for _ in range(50):
            deliver("7")
        await wait_until_async(lambda: access_watch.changes() == before + 50)
        check.gate.set()
        await wait_until_async(lambda: check.calls == 3)
        deliver("8")
        await wait_until_async(lambda: access_watch.changes() == before + 51)
        assert check.calls == 3
