"""The count of users is cached while the feed does not move, and for a limited time, if counting is slow."""

import pytest
from django.contrib.auth.models import User

from task.accounts import users
from task.accounts.users import CACHE_FACTOR, CACHE_SECONDS, SLOW_COUNT_SECONDS, users_at_head

pytestmark = pytest.mark.django_db


class Clock:
    """Advances by `step` seconds at each call."""

    def __init__(self, step: float) -> None:
        self.now = 0.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@pytest.fixture(autouse=True)
def slow_counts_are_cached(users_are_counted_anew: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """In other tests none is."""
    monkeypatch.setattr(users, "SLOW_COUNT_SECONDS", SLOW_COUNT_SECONDS)


@pytest.fixture
def slow_clock() -> Clock:
    """With this clock each count takes a second."""
    return Clock(1.0)


def count(clock: Clock) -> int:
    return users_at_head(clock=clock).counted["users"]


def add_without_event() -> None:
    User.objects.bulk_create([User(username="brought")])


def test_a_slow_count_is_cached_while_the_feed_does_not_move(slow_clock: Clock) -> None:
    before = count(slow_clock)
    add_without_event()
    assert count(slow_clock) == before


def test_an_event_invalidates_the_cached_count(slow_clock: Clock) -> None:
    before = users_at_head(clock=slow_clock)
    User.objects.create(username="told")
    after = users_at_head(clock=slow_clock)
    assert (after.head, after.counted["users"]) == (before.head + 1, before.counted["users"] + 1)


@pytest.mark.parametrize(
    ("count_seconds", "cached_seconds"),
    [(0.01, 0.01 * CACHE_FACTOR), (1.0, CACHE_SECONDS)],
    ids=["by factor", "at the limit"],
)
def test_a_cached_count_expires(count_seconds: float, cached_seconds: float) -> None:
    clock = Clock(count_seconds)
    before = count(clock)
    add_without_event()
    assert count(clock) == before
    clock.now += cached_seconds
    assert count(clock) == before + 1


def test_a_quick_count_is_not_cached() -> None:
    quick = Clock(SLOW_COUNT_SECONDS / 2)
    before = count(quick)
    add_without_event()
    assert count(quick) == before + 1
