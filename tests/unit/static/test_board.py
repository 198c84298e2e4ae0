"""The pure modules of the browser client behind the board, run by Node.js."""

from typing import Any

import pytest

from task.pages import job_text
from tests.support.node import Node

STATE = """async ({ board, rows, events, now, words }) => {
  const { State } = await import(js("task/js/state/state"));
  const { JobWords } = await import(js("task/js/format/job_words"));
  const state = new State(board, rows);
  events.forEach((event) => state.apply(event, now));
  const { jobs, more } = state.jobs(3, now);
  return {
    total: state.total, ids: state.rows.map((row) => row.id), arrived: state.arrived, hasOlder: state.hasOlder, more,
    jobs: jobs.map((job) => [job.id, job.created, new JobWords(words).short(job), job.error]),
  };
}"""
BOARD: dict[str, Any] = {
    "total": 3,
    "has_accounts": True,
    "is_first_page": True,
    "page_size": 4,
    "has_older": False,
    "newest_at": None,
    "query": "",
    "jobs": [],
}


def state_after(node: Node, events: list[Any], *, rows: list[int] | None = None, **board: Any) -> Any:
    given = {"board": BOARD | board, "rows": [row(one) for one in rows or []], "events": events, "now": 0}
    given |= {"words": job_text.WORDS}
    return node.evaluate(STATE, given)


def row(user_id: int) -> dict[str, Any]:
    return {"id": user_id, "username": f"u{user_id}", "email": "", "joinedAt": 0, "number": None}


def created(user_id: int, *, job: int | None = None, number: int | None = None, total: int | None = None) -> Any:
    user = {"id": user_id, "username": f"u{user_id}", "email": "", "date_joined": "2026-01-01T12:00:00.000Z"}
    return {"type": "user.created", "job": job, "number": number, "total": total, "user": user}


def removed(user_id: int) -> Any:
    return {"type": "user.removed", "job": None, "user": {"id": user_id, "username": f"u{user_id}"}}


@pytest.mark.parametrize(
    ("rows", "events", "ids", "total"),
    [
        ([3, 2, 1], [created(4), created(5)], [5, 4, 3, 2], 5),
        ([3, 2, 1], [created(3)], [3, 2, 1], 4),
        ([3, 2, 1], [created(5), created(4)], [5, 4, 3, 2], 5),
        ([3, 2, 1], [removed(2)], [3, 1], 2),
        ([3, 2, 1], [created(4), removed(4)], [3, 2, 1], 3),
        ([3, 2, 1], [created(4), created(5), removed(5), removed(4)], [3, 2, 1], 3),
        ([3, 2, 1], [removed(99)], [3, 2, 1], 2),
        ([3, 2, 1], [{"type": "job.of_tomorrow", "job": 1}], [3, 2, 1], 3),
    ],
    ids=[
        "new",
        "already listed",
        "late",
        "removed",
        "new, removed",
        "full, removed",
        "removed, not listed",
        "unknown type",
    ],
)
def test_the_board_lists_the_newest_users_by_id_like_a_reloaded_page(
    node: Node, rows: list[int], events: list[Any], ids: list[int], total: int
) -> None:
    state = state_after(node, events, rows=rows)
    assert (state["ids"], state["total"]) == (ids, total)
    assert state["hasOlder"] == (len(ids) == 4)


def test_a_user_below_the_oldest_row_belongs_to_an_older_page(node: Node) -> None:
    state = state_after(node, [created(5)], rows=[9, 8, 7, 6], has_older=True, total=20)
    assert (state["ids"], state["total"], state["arrived"]) == ([9, 8, 7, 6], 21, 0)


def test_rows_keep_at_most_a_page_of_many_arrivals(node: Node) -> None:
    kept = node.evaluate("""async () => {
      const { Rows } = await import(js("task/js/state/rows"));
      const rows = new Rows([], 50, false);
      for (let id = 1; id <= 10_000; id += 1) rows.add({ id });
      for (let id = 10_000; id > 9_000; id -= 1) rows.remove(id);
      return [rows.shown.length, rows.hasOlder];
    }""")
    assert kept == [0, True]


def test_a_search_lists_matching_users_and_counts_all(node: Node) -> None:
    events = [created(41), created(52), created(14)]
    state = state_after(node, events, rows=[4], query="U4", total=9)
    assert (state["ids"], state["total"], state["arrived"]) == ([41, 4], 12, 1)


@pytest.mark.parametrize(
    ("query", "matches"),
    [("", True), ("kq", True), ("EXAMPLE.com", True), ("%", False), ("user_kqzl@", True), ("zlu", False)],
)
def test_a_search_finds_part_of_a_name_or_email_address_in_any_case(node: Node, query: str, matches: bool) -> None:
    match = """async (query) => (await import(js("task/js/state/search")))
      .matcher(query)({ username: "user_kQzL", email: "user_kQzL@example.com" })"""
    assert node.evaluate(match, query) == matches


@pytest.mark.parametrize(
    ("steps", "is_on"),
    [
        (["press"], True),
        (["press", "press"], False),
        (["+scrolled"], True),
        (["+scrolled", "-scrolled"], False),
        (["+scrolled", "+selected", "-scrolled"], True),
        (["press", "+scrolled", "-scrolled"], True),
        (["+scrolled", "press"], False),
        (["+scrolled", "press", "+scrolled"], False),
        (["+scrolled", "press", "-scrolled", "+scrolled"], True),
        (["+scrolled", "press", "+selected"], True),
        (["press", "+scrolled", "press", "-scrolled"], False),
    ],
    ids=str,
)
def test_the_board_pauses_by_button_and_automatically(node: Node, steps: list[str], is_on: bool) -> None:
    run_steps = """async (steps) => {
      const { Pause } = await import(js("task/js/state/pause"));
      const pause = new Pause();
      steps.forEach((step) => (step === "press" ? pause.press() : pause.note(step.slice(1), step[0] === "+")));
      return pause.isOn;
    }"""
    assert node.evaluate(run_steps, steps) is is_on


def test_a_paused_board_keeps_its_rows_and_counts_missed_users(node: Node) -> None:
    seen = node.evaluate("""async () => {
      const { Pause } = await import(js("task/js/state/pause"));
      const pause = new Pause();
      const view = (arrived) => {
        const { rows, at, missed } = pause.view({ rows: [arrived], arrived, hasOlder: true }, arrived * 10);
        return [rows[0], at, missed];
      };
      const seen = [view(1), view(2)];
      pause.press();
      seen.push(view(3), view(9));
      pause.catchUp();
      seen.push(view(10), view(11));
      pause.press();
      return [...seen, view(12)];
    }""")
    assert seen == [[1, 10, 0], [2, 20, 0], [2, 20, 1], [2, 20, 7], [10, 100, 0], [10, 100, 1], [12, 120, 0]]
