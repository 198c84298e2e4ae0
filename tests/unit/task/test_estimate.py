"""The estimate, in words, of how long full hashing takes."""

import pytest
from django.contrib.auth.hashers import make_password

from task.pages import option_fields
from task.pages.option_text import Estimate


@pytest.mark.parametrize(
    ("total", "processes", "words"),
    [
        (500, 2, "about 50 s (500 \u00d7 0.2 s on 2 worker processes)"),
        (50, 1, "about 10 s (50 \u00d7 0.2 s on 1 worker process)"),
        (1, 64, "about 1.0 s (1 \u00d7 0.2 s on 64 worker processes)"),
        (1_000_000, 2, "about 28 h (1,000,000 \u00d7 0.2 s on 2 worker processes)"),
        (None, 2, "0.2 s per account on 2 worker processes"),
    ],
)
def test_an_estimate_shows_its_factors(total: int | None, processes: int, words: str) -> None:
    assert Estimate(hash_seconds=0.2, processes=processes).text(total) == words


def test_the_time_of_a_hash_is_measured_once() -> None:
    measured = option_fields.hash_seconds()
    assert measured == option_fields.hash_seconds() >= option_fields.SHORTEST_HASH_SECONDS
    assert make_password("x").startswith("pbkdf2_sha256$")
