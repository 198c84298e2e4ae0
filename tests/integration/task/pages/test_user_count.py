"""The number of users is kept while the feed does not move, and for a while at most, where counting takes long."""

import pytest
from django.contrib.auth.models import User

from task.accounts import users
from task.accounts.users import CACHE_FACTOR, CACHE_SECONDS, SLOW_COUNT_SECONDS, users_at_head

pytestmark = pytest.mark.django_db


class Clock:
    """Goes on by so many seconds each time that it is asked."""

    def __init__(self, step: float) -> None:
        self.now = 0.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@pytest.fixture
def slow() -> Clock:
    """Each counting takes a second."""
    return Clock(1.0)


def count(clock: Clock) -> int:
    return users_at_head(clock=clock).counted["users"]


def add_without_event() -> None:
    User.objects.bulk_create([User(username="brought")])


def test_it_is_kept_while_nothing_happens(slow: Clock) -> None:
    before = count(slow)
    add_without_event()
    assert count(slow) == before


def test_an_event_ends_it(slow: Clock) -> None:
    before = users_at_head(clock=slow)
    User.objects.create(username="told")
    after = users_at_head(clock=slow)
    assert (after.head, after.counted["users"]) == (before.head + 1, before.counted["users"] + 1)


@pytest.mark.parametrize(
    ("took", "kept_for"), [(0.01, 0.01 * CACHE_FACTOR), (1.0, CACHE_SECONDS)], ids=["a hundred times", "at most"]
)
def test_it_ends_after_a_while(took: float, kept_for: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "SLOW_COUNT_SECONDS", SLOW_COUNT_SECONDS)
    clock = Clock(took)
    before = count(clock)
    add_without_event()
    assert count(clock) == before
    clock.now += kept_for
    assert count(clock) == before + 1


def test_a_quick_one_is_not_kept() -> None:
    quick = Clock(SLOW_COUNT_SECONDS / 2)
    before = count(quick)
    add_without_event()
    assert count(quick) == before + 1
