"""The long poll: the events and rules of the socket over HTTP."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels.db import database_sync_to_async
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from realtime import log, outbox
from realtime.endpoints.connection_limits import hold_connection
from realtime.endpoints.poll import poll
from realtime.hub import hub_of
from realtime.models import FeedHead
from realtime.protocol import Subscription
from tests.support.clients.caller import Caller, caller
from tests.support.database import Append
from tests.support.waiting import wait_until_async

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

in_thread = database_sync_to_async
EVENTS = "/api/events"


@pytest.fixture
def reader() -> Caller:
    return caller("reader", "view_user")


def offsets(answer: Any) -> list[int]:
    return [event["offset"] for event in answer["events"]]


def head() -> int:
    return outbox.head("users").head


def test_a_poll_without_a_cursor_starts_at_the_head(reader: Caller, append: Append) -> None:
    position = append(3)
    answer = reader.get(EVENTS)
    epoch = str(outbox.head("users").epoch)
    assert answer.json == {"epoch": epoch, "head": position, "last": position, "events": []}
    assert answer.headers["Content-Type"] == "application/json"


def test_polls_after_0_return_all_events_in_batches_with_the_next_cursor(reader: Caller, append: Append) -> None:
    for _ in range(5):
        append(3)
    seen: list[int] = []
    address, rounds = f"{EVENTS}?after=0&limit=2", 0
    while rounds == 0 or len(seen) < head():
        found = reader.get(address).json
        seen += offsets(found)
        assert (found["last"], found["head"]) == (seen[-1], head())
        address = f"{EVENTS}?after={found['last']}&epoch={found['epoch']}&limit=2"
        rounds += 1
    assert seen == list(range(1, head() + 1))
    assert rounds == 3


def test_a_poll_of_many_full_batches_gets_at_most_1_mib_and_continues(reader: Caller) -> None:
    """A client may leave its answer unread, and the web process keeps it."""
    event = json.dumps({"type": "test", "text": "x" * 1_000})
    with transaction.atomic():
        log.append("users", [event] * 1_500)
    end = outbox.head("users").head
    seen: list[int] = []
    address = f"{EVENTS}?after=0&limit=100"
    while not seen or seen[-1] < end:
        answer = reader.get(address)
        assert len(answer.text) < 1024 * 1024
        assert answer.json["last"] == offsets(answer.json)[-1]
        seen += offsets(answer.json)
        address = f"{EVENTS}?after={seen[-1]}&epoch={answer.json['epoch']}&limit=100"
    assert seen == list(range(1, end + 1))


def test_small_batches_are_limited_by_their_number_only(reader: Caller, append: Append) -> None:
    for _ in range(25):
        append(1)
    assert len(reader.get(f"{EVENTS}?after=0&limit=23").json["events"]) == 23


def test_events_at_or_below_the_cursor_are_left_out(reader: Caller, append: Append) -> None:
    end = append(25)
    epoch = outbox.head("users").epoch
    for after in range(1, end):
        assert offsets(reader.get(f"{EVENTS}?after={after}&epoch={epoch}").json) == list(range(after + 1, end + 1))


def test_a_filter_returns_the_events_of_its_job_and_moves_past_the_others(reader: Caller, append: Append) -> None:
    start = head()
    for key in ("7", "8", "7", "8"):
        append(1, key=key)
    found = reader.get(f"{EVENTS}?after=0&job=7").json
    assert (offsets(found), found["last"]) == ([start + 1, start + 3], start + 4)
    found = reader.get(f"{EVENTS}?after=0&job=9").json
    assert (offsets(found), found["last"]) == ([], start + 4)


@pytest.mark.parametrize(
    ("query", "reason"),
    [("after=1&epoch={other}", "epoch"), ("after=999&epoch={own}", "ahead"), ("after=0&epoch={own}", "trimmed")],
)
def test_a_lost_cursor_gets_410_with_the_reason(reader: Caller, append: Append, query: str, reason: str) -> None:
    append(3)
    if reason == "trimmed":
        append(3)
        log.trim("users", keep=1, older_than=timezone.now())
    position = outbox.head("users")
    answer = reader.get(f"{EVENTS}?{query.format(other=uuid4(), own=position.epoch)}")
    assert answer.problem == (410, "cursor_lost")
    assert {name: answer.json[name] for name in ("epoch", "head", "reason")} == {
        "epoch": str(position.epoch),
        "head": position.head,
        "reason": reason,
    }


@pytest.mark.parametrize(
    "query",
    ["after=x", "after=5", "epoch=x&after=1", "job=x", f"epoch={UUID(int=5)}", "after=%00", "after=" + "9" * 30]
    + ["limit=0", "limit=101", "limit=x", "limit=-1", "wait=31", "wait=-1", "wait=1.5", "wait=%D9%A1"],
)
def test_an_invalid_query_gets_422_with_its_field(reader: Caller, query: str) -> None:
    answer = reader.get(f"{EVENTS}?{query}")
    assert answer.problem == (422, "invalid")
    assert answer.json["errors"][0]["field"] == query.partition("=")[0]


def test_a_poll_over_the_connection_limit_gets_429_with_retry_after(reader: Caller, settings: Settings) -> None:
    settings.SOCKETS_MAX = 1
    with hold_connection(reader.user.pk):
        answer = reader.get(EVENTS)
    assert answer.problem == (429, "too_many_connections")
    assert int(answer.headers["Retry-After"]) > 0
    assert reader.get(EVENTS).status == 200


async def test_a_waiting_poll_is_woken_by_an_event(settings: Settings, append: Append) -> None:
    settings.HEAD_CHECK_SECONDS = 3600
    await in_thread(append)(1)
    waiting = await waiting_poll(Subscription())
    end = await in_thread(append)(2)
    found = json.loads(await waiting)
    assert (offsets(found), found["last"], found["head"]) == ([end - 1, end], end, end)


async def test_a_waiting_poll_with_a_filter_is_woken_only_by_its_job(append: Append) -> None:
    waiting = await waiting_poll(Subscription(key="7"))
    await in_thread(append)(2, key="8")
    end = await in_thread(append)(1, key="7")
    assert offsets(json.loads(await waiting)) == [end]


async def test_a_poll_that_times_out_moves_past_the_events_outside_its_filter(append: Append) -> None:
    waiting = await waiting_poll(Subscription(key="7"), seconds=0.5)
    end = await in_thread(append)(2, key="8")
    found = json.loads(await waiting)
    assert (found["events"], found["last"], found["head"]) == ([], end, end)


async def test_a_waiting_poll_raises_cursor_lost_when_the_epoch_changes(append: Append) -> None:
    await in_thread(append)(1)
    waiting = await waiting_poll(Subscription())
    epoch = uuid4()
    await in_thread(FeedHead.objects.update)(epoch=epoch)
    with pytest.raises(log.CursorLost, match="epoch") as lost:
        await waiting
    assert lost.value.position.epoch == epoch


async def waiting_poll(subscription: Subscription, seconds: float = 30) -> "asyncio.Task[str]":
    """Starts a poll without events, and waits until its hub is subscribed to hints."""
    task = asyncio.create_task(poll("users", subscription, limit=10, wait_seconds=seconds))
    hub = hub_of("users")
    await wait_until_async(lambda: hub.is_subscribed and hub.notifier._watchers)
    return task
