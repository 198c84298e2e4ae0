"""What all of these tests share."""

import pytest
from pytest_django import Settings

from task.accounts import users


@pytest.fixture(autouse=True)
def counted_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting a hundred users may take over 5 ms on a slow machine, and the total must not be cached for that."""
    monkeypatch.setattr(users, "SLOW_COUNT_SECONDS", 0.5)


@pytest.fixture(autouse=True)
def static_files_are_not_scanned(settings: Settings) -> None:
    """Each test client loads the middleware, and WhiteNoise then reads 190 files: half of the time of a request."""
    settings.WHITENOISE_AUTOREFRESH = True
