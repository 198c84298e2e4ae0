"""What all of these tests share."""

import pytest

from task.pages import user_list


@pytest.fixture(autouse=True)
def counted_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting a hundred users may take over 5 ms on a slow machine, and the total must not be cached for that."""
    monkeypatch.setattr(user_list, "SLOW_COUNT_SECONDS", 0.5)
