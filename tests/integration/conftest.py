"""What all of these tests share."""

import math

import pytest
from pytest_django import Settings

from task.accounts import users


@pytest.fixture(autouse=True)
def users_are_counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine must not cache the total, and a count must not outlive the test whose users are rolled back."""
    monkeypatch.setattr(users, "SLOW_COUNT_SECONDS", math.inf)
    monkeypatch.setattr(users, "_cached_count", {})


@pytest.fixture(autouse=True)
def static_files_are_not_scanned(settings: Settings) -> None:
    """Each test client loads the middleware, and WhiteNoise then reads 190 files: half of the time of a request."""
    settings.WHITENOISE_AUTOREFRESH = True
