"""The pure modules of the browser client for a job's later states, run by Node.js and compared with Python's words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from task.models import Job
from task.pages import chart, job_text, number_text
from tests.support.node import Node
from tests.unit.static.test_board import created, state_after
from tests.unit.static.test_jobs import job_event

JOB = """async ({ known, steps }) => {
  const { Job, stateOf } = await import(js("task/js/state/job"));
  const job = new Job(known);
  for (const step of steps) {
    if (step.adopt) job.adopt(step.adopt);
    else if (step.type === "user.removed") job.accountRemoved(step);
    else job.enter(stateOf(step), step, 0);
  }
  return [job.state, job.created, job.removed, job.present];
}"""
KNOWN = {"id": 7, "state": "finished", "total": 3, "created": 3, "removed": 0, "offset": 10, "error": ""}


def removed_at(offset: int) -> dict[str, Any]:
    return {"type": "user.removed", "job": 7, "offset": offset, "user": {"id": offset, "username": ""}}


def changed_at(offset: int, change: str) -> dict[str, Any]:
    return job_event(change, 7, at=3) | {"offset": offset}  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([changed_at(11, "removing"), removed_at(12), removed_at(13)], ["removing", 3, 2, 1]),
        ([changed_at(9, "started"), removed_at(10)], ["finished", 3, 0, 3]),
        ([{"adopt": KNOWN | {"state": "removing", "removed": 2, "offset": 13}}, removed_at(13)], ["removing", 3, 2, 1]),
        ([changed_at(14, "removed"), {"adopt": KNOWN | {"state": "removing", "offset": 13}}], ["removed", 3, 0, 3]),
    ],
    ids=["live", "already counted", "read again", "read before the newest event"],
)
def test_an_account_in_a_read_and_in_an_event_counts_once(node: Node, steps: list[Any], expected: list[Any]) -> None:
    assert node.evaluate(JOB, {"known": KNOWN, "steps": steps}) == expected


def test_cancelled_and_removed_jobs_leave_the_strip_after_six_seconds(node: Node) -> None:
    events = [job_event("cancelled", 7, at=1), job_event("removing", 8, at=3), job_event("removed", 9, at=3)]
    state = state_after(node, events)
    assert [one[2] for one in state["jobs"]] == ["■ cancelled", "↺ removing", "↺ removed"]
    later = node.evaluate(
        """async (events) => {
          const { ActiveJobs } = await import(js("task/js/state/active_jobs"));
          const jobs = new ActiveJobs([]);
          events.forEach((event) => jobs.change(event, 0));
          return jobs.read(3, 6_001).jobs.map((job) => job.id);
        }""",
        events,
    )
    assert later == [8]


def test_deleting_an_account_of_a_finished_job_shows_no_line(node: Node) -> None:
    state = state_after(node, [removed_at(5)], rows=[5])
    assert (state["jobs"], state["total"]) == ([], 2)


def test_rows_read_again_include_events_that_came_meanwhile(node: Node) -> None:
    seen = node.evaluate("""async () => {
      const { LiveRows } = await import(js("task/js/state/live_rows"));
      const row = (id) => ({ id });
      const rows = new LiveRows([row(9), row(8)], 2, true);
      rows.remove(9, 20);
      const isShort = rows.isShort;
      rows.expect();
      rows.remove(8, 21);
      rows.add(row(12), 22);
      rows.add(row(13), 23);
      rows.remove(6, 24);
      rows.take([row(12), row(7), row(6)].slice(0, 2), true, 22);
      const shown = rows.shown.map(({ id }) => id);
      rows.expect();
      rows.take(null);
      return [isShort, shown, rows.isShort, rows.shown.length];
    }""")
    assert seen == [True, [13, 12], False, 2]


TIMELINE = """async ({ given, times }) => {
  const { Timeline } = await import(js("task/js/state/timeline"));
  const timeline = new Timeline(given);
  times.forEach((time) => timeline.add(time));
  return [timeline.path, timeline.peak, timeline.spanMs];
}"""


@pytest.mark.parametrize("seconds", [0.1, 2, 24.9, 25, 80, 4_000])
def test_a_chart_continued_by_the_browser_equals_the_servers(node: Node, seconds: float) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    moments = [start + timedelta(seconds=seconds * one / 50) for one in range(51)]
    whole = chart.timeline_of([(moment, 1) for moment in moments], start=start)
    first = chart.timeline_of([(moment, 1) for moment in moments[:20]], start=start)
    given = {"start": first.start_ms, "width": first.width_ms, "counts": first.counts}
    times = [round(moment.timestamp() * 1_000) for moment in moments[20:]]
    drawn = node.evaluate(TIMELINE, {"given": given, "times": times})
    assert drawn == [whole.path, whole.peak, whole.span_ms]


def test_a_chart_begins_with_the_first_account_after_a_long_wait(node: Node) -> None:
    given = {"start": 0, "width": 250, "counts": [0]}
    drawn = node.evaluate(TIMELINE, {"given": given, "times": [3_600_000, 3_600_300]})
    assert drawn == ["M0 100V0H300V0H600V100Z", 4, 500]


DURATIONS = [40, 250, 350, 9_949, 9_950, 10_500, 99_499, 99_500, 750_000, 6_000_000, 9_000_000]
DESCRIBE = """async ({ words, job, removed, waiting, begun, durations }) => {
  const { JobWords } = await import(js("task/js/format/job_words"));
  const { duration } = await import(js("task/js/format/words"));
  const jobWords = new JobWords(words);
  const known = { ...job, removed, isRemovalBegun: begun };
  return [jobWords.sentence(known, waiting), jobWords.short(known), jobWords.sign(known), durations.map(duration)];
}"""


@pytest.mark.parametrize("state", Job.State.values)
def test_the_words_for_a_jobs_state_are_the_servers(node: Node, state: str) -> None:
    begun = datetime.now(UTC) if state in {"removing", "removed", "failed"} else None
    job = Job(state=state, total=5_000, created=1_234, removal_began_at=begun)
    known = {"state": state, "total": 5_000, "created": 1_234}
    for removed, waiting in ((0, "no worker is running"), (1_000, ""), (1_234, "waiting for a worker")):
        given = {"job": known, "removed": removed, "waiting": waiting, "begun": begun is not None}
        given |= {"durations": DURATIONS, "words": job_text.WORDS}
        durations = [number_text.duration(one) for one in DURATIONS]
        sentence = job_text.sentence(job, removed=removed, waiting=waiting)
        expected = [sentence, job_text.short(job), job_text.SIGNS[state], durations]
        assert node.evaluate(DESCRIBE, given) == expected


def test_a_row_added_and_removed_is_not_shown(node: Node) -> None:
    events = [created(4) | {"offset": 11}, removed_at(12) | {"user": {"id": 4, "username": ""}}]
    state = state_after(node, events, rows=[3, 2, 1])
    assert (state["ids"], state["total"]) == ([3, 2, 1], 3)
