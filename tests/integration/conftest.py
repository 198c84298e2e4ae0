"""What all of these tests share."""

import pytest

from task.accounts import users


@pytest.fixture(autouse=True)
def counted_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting a hundred users may take over 5 ms on a slow machine, and the total must not be cached for that."""
    monkeypatch.setattr(users, "SLOW_COUNT_SECONDS", 0.5)
