"""The pure modules of the browser client for the wire and for words, run by Node.js."""

from typing import Any

import pytest

from tests.support.node import Node

FOLLOW = """async ({ after, frames }) => {
  const { Cursor, parse, receive } = await import(js("realtime/protocol"));
  const cursor = new Cursor("e", after);
  const handled = [];
  frames.forEach((frame) => receive(parse(JSON.stringify(frame)), cursor, (event) => handled.push(event.offset)));
  return { handled, offset: cursor.offset };
}"""


def frame(*offsets: int) -> dict[str, Any]:
    return {"type": "events", "first": offsets[0], "last": offsets[-1], "events": [{"offset": one} for one in offsets]}


@pytest.mark.parametrize(
    ("after", "frames", "handled", "offset"),
    [
        (0, [frame(1, 2), frame(3)], [1, 2, 3], 3),
        (0, [frame(1, 2), frame(1, 2)], [1, 2], 2),
        (2, [frame(1, 2, 3, 4)], [3, 4], 4),
        (0, [frame(1, 2, 3), frame(2, 3, 4)], [1, 2, 3, 4], 4),
        (5, [frame(1, 2)], [], 5),
        (10, [frame(20, 21), frame(40)], [20, 21, 40], 40),
    ],
    ids=["in order", "repeated", "starting below the cursor", "overlapping", "below the cursor", "filtered jumps"],
)
def test_every_event_is_handled_once(
    node: Node, after: int, frames: list[Any], handled: list[int], offset: int
) -> None:
    result = node.evaluate(FOLLOW, {"after": after, "frames": frames})
    assert result == {"handled": handled, "offset": offset}


def test_the_cursor_moves_before_the_event_is_handled(node: Node) -> None:
    offset = node.evaluate("""async () => {
      const { Cursor, receive } = await import(js("realtime/protocol"));
      const cursor = new Cursor("e", 0);
      const poison = () => { throw new Error("poison"); };
      try { receive({ last: 2, events: [{ offset: 1 }, { offset: 2 }] }, cursor, poison); } catch { /* expected */ }
      return cursor.offset;
    }""")
    assert offset == 1


@pytest.mark.parametrize("text", ["", "no JSON", "null", "7", '"text"', "[]"])
def test_a_malformed_frame_is_ignored(node: Node, text: str) -> None:
    read = 'async (text) => (await import(js("realtime/protocol"))).parse(text).type ?? null'
    assert node.evaluate(read, text) is None


def test_only_codes_from_4500_end_the_retries(node: Node) -> None:
    codes = [1000, 1001, 1006, 1011, 4000, 4001, 4008, 4499, 4500, 4501, 4503, 4504, 4999]
    verdicts = node.evaluate('async (codes) => codes.map((await import(js("realtime/protocol"))).verdict)', codes)
    assert verdicts == ["retry"] * 8 + ["stop", "sign in", "stop", "stop", "stop"]


def test_a_retry_waits_up_to_thirty_seconds(node: Node) -> None:
    delays = node.evaluate("""async () => {
      const { retryDelay } = await import(js("realtime/protocol"));
      return [0, 1, 4, 5, 50].map((attempt) => retryDelay(attempt, 1)).concat(retryDelay(9, 0));
    }""")
    assert delays == [1_000, 2_000, 16_000, 30_000, 30_000, 0]


def test_the_rate_uses_the_times_of_events_not_of_their_arrival(node: Node) -> None:
    rates = node.evaluate("""async () => {
      const { Rate } = await import(js("task/js/state/rate"));
      const rate = new Rate();
      for (let time = 0; time < 10_000; time += 10) rate.add(time, 10_000);
      return [10_000, 11_500, 20_000].map((now) => rate.read(now));
    }""")
    assert rates == [100, 50, 0]


def test_a_clock_set_back_gives_no_false_rate_and_no_negative_duration(node: Node) -> None:
    shown = node.evaluate("""async () => {
      const { Rate } = await import(js("task/js/state/rate"));
      const rate = new Rate();
      for (let now = 0; now < 10_000; now += 10) rate.add(3_600_000, now);
      const { JobState } = await import(js("task/js/state/job_state"));
      const page = { job: { state: "running" }, started_at: "2026-01-01T12:00:00Z", finished_at: null };
      const timeline = { start: 0, width: 250, counts: [0] };
      return [rate.read(9_990), new JobState({ ...page, timeline }, []).elapsed(Date.parse("2026-01-01T11:00:00Z"))];
    }""")
    assert shown == [100, 0]


def test_acks_are_rare_until_half_the_window_is_used(node: Node) -> None:
    sent = node.evaluate("""async () => {
      const { Acknowledger } = await import(js("realtime/acknowledger"));
      const sent = [];
      const acks = new Acknowledger((text) => sent.push(JSON.parse(text)));
      acks.open(1000);
      acks.received(10, 1, 5000);
      acks.received(10, 2, 5001);
      acks.received(10, 3, 5999);
      acks.received(480, 4, 5999);
      acks.received(10, 5, 6500);
      acks.received(10, 6, 7000);
      acks.close();
      return sent;
    }""")
    assert [ack["offset"] for ack in sent] == [1, 4, 6]
    assert {ack["type"] for ack in sent} == {"ack"}


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"phase": "starting", "since": 0}, None),
        ({"phase": "live", "since": 0}, "Live"),
        ({"phase": "catching up", "since": 9_900, "goal": 1_304}, None),
        ({"phase": "catching up", "since": 9_000, "goal": 1_304}, "Catching up (1,204 events to go)"),
        ({"phase": "waiting", "since": 0, "retryAt": 12_500}, "Reconnecting in 3 s, nothing is lost"),
        ({"phase": "waiting", "since": 0, "retryAt": 9_000}, "Reconnecting in 1 s, nothing is lost"),
        ({"phase": "connecting", "since": 0}, "Reconnecting, nothing is lost"),
        ({"phase": "ended", "since": 0, "code": 4501}, "Signed out"),
        (
            {"phase": "ended", "since": 0, "code": 4777},
            "Not live: the server closed the connection. Reload the page.",
        ),
    ],
)
def test_the_connection_state_is_shown_in_words(node: Node, link: dict[str, Any], words: str | None) -> None:
    describe = """async (link) => (await import(js("task/js/format/words")))
      .connectionWords(link, { offset: 100, now: 10_000, isOffline: false })?.words ?? null"""
    assert node.evaluate(describe, link) == words


def test_without_a_network_a_page_is_offline_unless_the_server_is_on_this_machine(node: Node) -> None:
    hosts = ["arrivals.example", "192.0.2.7", "127.example", "localhost", "app.localhost", "127.0.0.1", "[::1]"]
    words = """async (hosts) => {
      const { isOffline } = await import(js("task/js/lifecycle/reconnect"));
      const { connectionWords } = await import(js("task/js/format/words"));
      const link = { phase: "waiting", since: 0, retryAt: 12_500 };
      const wordsAt = (hostname) => ({ now: 10_000, isOffline: isOffline({ onLine: false }, { hostname }) });
      return hosts.map((hostname) => connectionWords(link, wordsAt(hostname)).words);
    }"""
    assert node.evaluate(words, hosts) == ["Offline"] * 3 + ["Reconnecting in 3 s, nothing is lost"] * 4


def test_ages_are_shown_in_words(node: Node) -> None:
    ages = node.evaluate("""async () => {
      const { ago } = await import(js("task/js/format/words"));
      return [-3, 0, 4.9, 5, 59, 60, 3_599].map((seconds) => ago(0, seconds * 1_000));
    }""")
    assert ages == ["just now", "just now", "just now", "5 s ago", "59 s ago", "1 min ago", "59 min ago"]
