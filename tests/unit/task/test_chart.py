"""The chart of a job: accounts per second in a limited number of buckets, and the path of its line."""

from datetime import UTC, datetime, timedelta

import pytest

from task.pages.chart import BUCKETS, Timeline, timeline_of

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [0, 0.05, 1, 24.9, 25, 60, 3_600, 86_400 * 30])
def test_a_job_of_any_duration_has_few_buckets_that_count_every_account(seconds: float) -> None:
    line = timeline_of([(after(0), 25), (after(seconds / 2), 50), (after(seconds), 100)], start=START)
    assert sum(line.counts) == 175
    assert len(line.counts) <= BUCKETS
    assert line.counts[-1] >= 100
    assert line.width_ms == 250 or len(line.counts) > BUCKETS // 2


def test_the_peak_is_in_accounts_per_second() -> None:
    assert timeline_of([(after(0), 10), (after(0.3), 30)], start=START).peak == 120


def test_a_job_that_ended_in_one_moment_has_no_peak() -> None:
    assert timeline_of([(after(0), 500)], start=START).peak is None


def test_accounts_dated_before_the_start_by_another_clock_count_at_the_start() -> None:
    assert timeline_of([(after(-1), 10)], start=START).counts == [10]


def test_a_job_without_accounts_has_one_empty_bucket() -> None:
    line = timeline_of([], start=START)
    assert (line.counts, line.peak, line.span_ms) == ([0], None, 0)


def test_the_path_draws_buckets_from_left_to_right_with_the_highest_at_the_top() -> None:
    assert Timeline(0, 100, [1, 2]).path == "M0 100V50H300V0H600V100Z"
