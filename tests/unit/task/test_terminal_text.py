"""Terminal output, tested without a terminal: words, rates, a job's progress, and the parts that fit into a line."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management.base import OutputWrapper
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from realtime.protocol import Batch, pack, unpack
from task.terminal import text
from task.terminal.lines import JobLines
from task.terminal.progress import Making, Rate, Removing, line
from task.terminal.screen import JobScreen, Lines, figures_of, fitting


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def created(number: int) -> dict[str, Any]:
    return {"type": "user.created", "job": 7, "number": number, "total": 500}


@given(st.lists(st.text(), min_size=1, max_size=500), st.integers(1, 10**12))
def test_a_batch_is_unpacked_into_the_texts_that_were_packed(names: list[str], first: int) -> None:
    events = [json.dumps({"type": "x", "name": name, "more": [{"offset": 1}, {"offset": 2}]}) for name in names]
    texts = [text for row in pack(events, first) for text in unpack(Batch.stored(row[0], row[1], "", row[2]))]
    assert [json.loads(text) for text in texts] == [
        {"offset": offset, **json.loads(event)} for offset, event in enumerate(events, first)
    ]


def test_control_characters_in_a_name_are_replaced() -> None:
    event = {"type": "user.created", "job": None, "user": {"username": "a\x1b[31m\x9bb\n"}}
    assert text.event_words(event) == r"a\u001b[31m\u009bb\n"


def test_a_name_on_a_terminal_is_not_read_as_markup() -> None:
    console = Console(file=StringIO(), force_terminal=True, width=20)
    event = {"offset": 1, "type": "user.created", "job": None, "user": {"username": "[red]a[/red] :smile: 12"}}
    console.print(Lines([event]), crop=False)
    assert console.file.getvalue() == "       1  user.created  [red]a[/red] :smile: 12\n"  # type: ignore[attr-defined]


def test_control_characters_in_a_reason_are_replaced() -> None:
    event = {"type": "job.failed", "job": 7, "created": 1, "total": 2, "error": "a\x07b"}
    assert text.event_words(event) == r"job 7, 1 of 2: a\u0007b"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, ""),
        (0.2, "under 1 s left"),
        (1.2, "2 s left"),
        (59.5, "1 min left"),
        (5_940, "99 min left"),
        (7200, "2 h left"),
    ],
)
def test_the_time_left_is_shown_in_words(seconds: float | None, expected: str) -> None:
    assert text.left(seconds) == expected


def test_a_rate_covers_the_last_seconds_and_falls_without_events() -> None:
    rate = Rate()
    for tenth in range(100):
        rate.note(tenth * 50, tenth / 10)
    assert rate.per_second(9.9) == pytest.approx(500)
    assert rate.per_second(19.9) < 150


def test_a_rate_of_many_notes_keeps_few_samples() -> None:
    rate = Rate()
    for number in range(10_000):
        rate.note(number, number / 10_000)
    assert len(rate._samples) < 20
    assert rate.per_second(1) == pytest.approx(10_000, rel=0.2)


def test_progress_is_the_greatest_number_seen() -> None:
    making = Making(7, 500)
    for number in (1, 3, 2):
        making.take(created(number))
    making.take({"type": "job.started", "job": 7, "created": 0, "total": 500})
    assert (making.done, making.end) == (3, None)


@pytest.mark.parametrize(("kind", "is_good"), [("finished", True), ("failed", False), ("cancelled", False)])
def test_making_ends_well_only_when_the_job_is_finished(kind: str, is_good: bool) -> None:
    making = Making(7, 500)
    making.take({"type": f"job.{kind}", "job": 7, "created": 500, "total": 500})
    assert making.end
    assert making.ended_well == is_good


def test_a_removal_does_not_end_when_its_job_finishes() -> None:
    removing = Removing(7, 2)
    for kind in ("job.finished", "job.removing", "user.removed", "user.removed", "user.removed"):
        removing.take({"type": kind, "job": 7})
    assert (removing.done, removing.total, removing.end) == (3, 3, None)
    removing.take({"type": "job.removed", "job": 7})
    assert removing.ended_well


def test_a_line_has_all_figures() -> None:
    clock = Clock()
    making = Making(7, 200_000, clock=clock)
    making.note()
    clock.now += 2
    making.take(created(5_000))
    making.note()
    assert line(making) == "Job 7: 5,000 of 200,000 accounts, 2 %, 2,500 per second, 1 min left"


def test_a_stalled_job_has_no_time_left() -> None:
    clock = Clock()
    making = Making(7, 200_000, clock=clock)
    making.note()
    clock.now += 2
    making.take(created(5_000))
    making.note()
    making.stall = "the disk of the database has only 0 MB free"
    assert line(making) == "Job 7: 5,000 of 200,000 accounts, 2 %, 2,500 per second"
    making.take(created(5_001))
    assert line(making).endswith(" left")


def test_a_stall_is_remarked_once_and_so_is_its_end() -> None:
    making, err = Making(7, 500), StringIO()
    lines = JobLines(OutputWrapper(StringIO()), OutputWrapper(err), making)
    for stall in ("", "its disk is full", "its disk is full", "", "", "no worker is running", ""):
        making.stall = stall
        lines.remark_stall()
    assert err.getvalue().splitlines() == [
        "Job 7 stands still: its disk is full.",
        "Job 7 continues.",
        "Job 7 stands still: no worker is running.",
        "Job 7 continues.",
    ]


@pytest.mark.parametrize("columns", range(36, 121))
def test_a_line_has_a_bar_and_leaves_room_for_the_echo_of_ctrl_c(columns: int) -> None:
    making = Making(12, 3_000)
    making.take(created(1_234))
    screen = JobScreen(OutputWrapper(StringIO()), OutputWrapper(StringIO()), making)
    screen.console = Console(file=StringIO(), force_terminal=True, width=columns, color_system=None)
    with screen.console.capture() as captured:
        screen.console.print(screen.last_line())
    (shown,) = captured.get().splitlines()
    assert "1,234 of 3,000" in shown
    assert "\u2501" in shown
    assert len(shown.rstrip()) <= columns - 2


def test_a_narrow_line_keeps_the_count_and_drops_figures_that_do_not_fit() -> None:
    making = Making(7, 500)
    making.take(created(312))
    assert fitting(figures_of(making), 5) == ["312 of 500"]
    assert fitting(figures_of(making), 24) == ["312 of 500", "      0/s"]
    assert [part.strip() for part in fitting(figures_of(making))] == ["312 of 500", "62 %", "0/s", ""]
