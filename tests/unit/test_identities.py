"""The tutorial's random users."""

import re
from random import Random

from task.identities import random_identities


def test_a_random_user_is_the_tutorials() -> None:
    for identity in random_identities(20, Random(1)):
        assert re.fullmatch(r"user_[A-Za-z]{10}", identity.username)
        assert identity.email == f"{identity.username}@example.com"


def test_the_same_randomness_gives_the_same_names() -> None:
    assert list(random_identities(5, Random(7))) == list(random_identities(5, Random(7)))


def test_as_many_as_asked_for_and_hardly_ever_one_twice() -> None:
    assert len({identity.username for identity in random_identities(1000, Random(3))}) == 1000
