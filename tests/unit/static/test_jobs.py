"""The pure modules of the browser client for jobs, their speed and their end, run by Node.js."""

from typing import Any

import pytest

from tests.support.node import Node
from tests.unit.static.test_board import created, state_after


def job_event(change: str, number: int, *, at: int = 0, error: str | None = None) -> Any:
    return {"type": f"job.{change}", "job": number, "total": 3, "created": at} | ({"error": error} if error else {})


def accounts_of(job: int, *numbers: int) -> list[Any]:
    return [created(100 * job + number, job=job, number=number, total=3) for number in numbers]


def test_progress_is_the_greatest_number_seen(node: Node) -> None:
    known = [{"id": 7, "state": "running", "total": 500, "created": 312}]
    events = [created(10, job=7, number=300, total=500), created(11, job=7, number=313, total=500)]
    state = state_after(node, events, jobs=known)
    assert state["jobs"] == [[7, 313, "62 %", ""]]


@pytest.mark.parametrize(
    ("numbers", "words"),
    [([1, 2, 3], "✓ verified"), ([2, 3], "✓ finished"), ([1, 3], "✓ finished"), ([], "✓ finished")],
    ids=["every one", "the first is missing", "one is missing", "none"],
)
def test_a_job_is_verified_only_by_a_page_that_saw_every_number(node: Node, numbers: list[int], words: str) -> None:
    events = [job_event("started", 7), *accounts_of(7, *numbers), job_event("finished", 7, at=3)]
    known = [{"id": 7, "state": "queued", "total": 3, "created": 3}]
    for jobs in ([], known):
        state = state_after(node, events, jobs=jobs)
        assert state["jobs"] == [[7, 3, words, ""]]


def test_a_job_of_a_million_is_verified_without_keeping_its_numbers(node: Node) -> None:
    kept = node.evaluate("""async () => {
      const { Job } = await import(js("task/js/state/job"));
      const job = new Job({ id: 7 });
      for (let number = 1; number <= 1_000_000; number += 1) job.account(1_000_000, number, number / 50);
      job.enter("finished", { total: 1_000_000, created: 1_000_000 }, 0);
      return [job.isVerified, job.created];
    }""")
    assert kept == [True, 1_000_000]


def test_a_failed_job_stays_with_its_reason_and_a_finished_one_leaves(node: Node) -> None:
    lines = node.evaluate(
        """async (events) => {
          const { ActiveJobs } = await import(js("task/js/state/active_jobs"));
          const jobs = new ActiveJobs([]);
          events.forEach((event) => jobs.change(event, 0));
          return [0, 6_000, 6_001].map((now) => jobs.read(3, now).jobs.map((job) => [job.id, job.state, job.error]));
        }""",
        [job_event("failed", 7, at=1, error="No names are left."), job_event("finished", 8, at=3)],
    )
    failed, finished = [7, "failed", "No names are left."], [8, "finished", ""]
    assert lines == [[failed, finished], [failed, finished], [failed]]


def test_with_too_many_jobs_failed_ones_and_then_queued_ones_are_left_out(node: Node) -> None:
    events = [job_event("failed", number, error="x") for number in range(1, 9)]
    events += [job_event("started", number) for number in (21, 22)]
    state = state_after(node, events)
    assert ([one[0] for one in state["jobs"]], state["more"]) == ([21, 22], 3)
    state = state_after(node, events[:-1])
    assert ([one[0] for one in state["jobs"]], state["more"]) == ([6, 21], 2)
    state = state_after(node, events[:-2])
    assert ([one[0] for one in state["jobs"]], state["more"]) == ([6, 7, 8], 0)
    waiting = [job_event("queued", number) for number in (31, 32, 33)]
    state = state_after(node, [*waiting, job_event("finished", 34, at=3)])
    assert ([one[0] for one in state["jobs"]], state["more"]) == ([31, 34], 2)


@pytest.mark.parametrize(
    ("seconds", "accounts", "left"),
    [(1.9, 100, None), (2, 19, None), (2, 20, 98_000), (4, 1_000, 4_000), (60, 1_000, 60_000)],
)
def test_the_time_left_is_shown_after_two_seconds_and_twenty_accounts(
    node: Node, seconds: float, accounts: int, left: int | None
) -> None:
    measure = """async ([seconds, accounts]) => {
      const { Eta } = await import(js("task/js/state/eta"));
      const eta = new Eta();
      for (let one = 0; one <= accounts; one += 1) eta.add(one, (one * seconds * 1_000) / accounts);
      return eta.left(accounts === 1_000 ? 2_000 : 1_000, seconds * 1_000);
    }"""
    measured = node.evaluate(measure, [seconds, accounts])
    assert measured == (left and pytest.approx(left))


def test_the_time_left_follows_a_slower_job_and_is_hidden_for_a_stalled_one(
    node: Node,
) -> None:
    left = node.evaluate("""async () => {
      const { Eta } = await import(js("task/js/state/eta"));
      const eta = new Eta();
      for (let time = 0; time <= 10_000; time += 100) eta.add(time / 10, time);
      const before = eta.left(2_000, 10_000);
      for (let time = 10_100; time <= 40_000; time += 100) eta.add(1_000 + (time - 10_000) / 100, time);
      return [before, eta.left(2_000, 40_000), eta.left(2_000, 45_000) > 70_000, eta.left(2_000, 50_001)];
    }""")
    assert left == [pytest.approx(10_000), pytest.approx(70_000), True, None]


def test_the_time_left_is_shown_in_words(node: Node) -> None:
    words = node.evaluate("""async () => {
      const { leftWords } = await import(js("task/js/format/words"));
      return [null, 0, 999, 1_000, 11_200, 59_000, 59_001, 180_000, 5_939_000, 6_000_000].map(leftWords);
    }""")
    assert words[:3] == ["", "under a second left", "under a second left"]
    assert words[3:7] == ["1 s left", "12 s left", "59 s left", "1 min left"]
    assert words[7:] == ["3 min left", "99 min left", "2 h left"]
