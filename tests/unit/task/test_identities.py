"""Identities from a seed: reproducible, unique, and in the documented form."""

import re

import pytest

from task.accounts.identities import random_identities, realistic_identities
from task.accounts.names import NAMES
from task.options import LOCALES, MIXED

MANY = range(20_000)


def test_every_locale_option_has_names() -> None:
    assert tuple(NAMES) == LOCALES


def test_a_random_name_is_user_and_ten_lower_case_letters_at_example_com() -> None:
    for identity in random_identities(7, range(1_000)):
        assert re.fullmatch(r"user_[a-z]{10}", identity.username)
        assert identity.email == f"{identity.username}@example.com"
        assert (identity.first_name, identity.last_name) == ("", "")


@pytest.mark.parametrize("locale", [*LOCALES, MIXED])
def test_a_realistic_identity_has_both_names_and_a_valid_email_address(locale: str) -> None:
    for identity in realistic_identities(7, range(1_000), locale):
        assert re.fullmatch(r"[a-z]+\.[a-z]+[0-9]{4}", identity.username), identity
        assert re.fullmatch(r"[a-z.0-9]+@example\.(com|org|net)", identity.email)
        assert identity.first_name
        assert identity.last_name
        assert len(identity.username) <= 150


@pytest.mark.parametrize("locale", [*LOCALES, MIXED])
def test_realistic_names_are_unique(locale: str) -> None:
    assert len({identity.username for identity in realistic_identities(7, MANY, locale)}) == len(MANY)
    assert len({identity.email for identity in realistic_identities(7, MANY, locale)}) == len(MANY)


def test_random_names_are_unique() -> None:
    assert len({identity.username for identity in random_identities(7, MANY)}) == len(MANY)


def test_the_same_seed_gives_the_same_names_in_one_range_or_in_parts() -> None:
    whole = list(realistic_identities(42, range(100)))
    parts = [*realistic_identities(42, range(30)), *realistic_identities(42, range(30, 100))]
    assert whole == parts
    assert list(random_identities(42, range(5, 8))) == list(random_identities(42, range(10)))[5:8]


def test_different_seeds_give_different_names() -> None:
    one, other = (list(realistic_identities(seed, range(1_000))) for seed in (1, 2))
    assert len({identity.username for identity in one} & {identity.username for identity in other}) < 10


def test_realistic_names_use_every_language_and_domain_by_default() -> None:
    identities = list(realistic_identities(7, MANY))
    given = {identity.first_name for identity in identities}
    assert all(len(given & set(names.given)) > len(names.given) / 2 for names in NAMES.values())
    assert {identity.email.partition("@")[2] for identity in identities} == {
        "example.com",
        "example.org",
        "example.net",
    }
