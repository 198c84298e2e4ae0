"""The estimate of hashing at full strength, in words."""

import pytest
from django.contrib.auth.hashers import make_password

from task.pages import estimate
from task.pages.estimate import Estimate


@pytest.mark.parametrize(
    ("total", "processes", "words"),
    [
        (500, 2, "500 \u00d7 0.2 s on 2 worker processes, about 50 s"),
        (50, 1, "50 \u00d7 0.2 s on 1 worker process, about 10 s"),
        (1, 64, "1 \u00d7 0.2 s on 64 worker processes, about 1.0 s"),
        (1_000_000, 2, "1,000,000 \u00d7 0.2 s on 2 worker processes, about 28 h"),
        (None, 2, "0.2 s an account, on 2 worker processes"),
    ],
)
def test_an_estimate_says_what_it_comes_from(total: int | None, processes: int, words: str) -> None:
    assert Estimate(hash_seconds=0.2, processes=processes).words(total) == words


def test_a_hash_is_measured_once() -> None:
    measured = estimate.hash_seconds()
    assert measured == estimate.hash_seconds() >= estimate.LEAST_SECONDS
    assert make_password("x").startswith("pbkdf2_sha256$")
