"""Derived passwords and their light hash: reproducible, strong, and readable by plain Django."""

import pytest
from django.contrib.auth.hashers import check_password, identify_hasher

from task.accounts.passwords import ALPHABET, LENGTH, SYMBOLS, Deriver, fingerprint, light_hash

NONCE = bytes(range(32))


def test_the_same_key_nonce_and_name_give_the_same_password() -> None:
    assert Deriver.of_job("k", NONCE).password("ann") == Deriver.of_job("k", NONCE).password("ann")


@pytest.mark.parametrize(
    "other",
    [Deriver.of_job("K", NONCE).password("ann"), Deriver.of_job("k", NONCE[::-1]).password("ann")]
    + [Deriver.of_job("k", NONCE).password("Ann")],
)
def test_another_key_nonce_or_name_gives_another_password(other: str) -> None:
    assert Deriver.of_job("k", NONCE).password("ann") != other


def test_passwords_of_earlier_releases_can_still_be_derived() -> None:
    """Every later release must be able to export again what an earlier one exported."""
    assert Deriver.of_job("k", NONCE).password("ann") == "ssbr7vy9f3qrbctszur8cnin5k3rjtcwxjekamym42yw52tgyh"
    assert fingerprint("k") == "13ed838682fa6efd"


def test_a_password_has_50_letters_and_digits() -> None:
    password = Deriver.of_job("k", NONCE).password("ann")
    assert len(password) == LENGTH == 50
    assert set(password) <= set(ALPHABET)
    assert ALPHABET.isalnum()


def test_every_symbol_stands_for_the_same_number_of_bytes() -> None:
    assert len(set(ALPHABET)) == 32
    assert {SYMBOLS.count(symbol) for symbol in SYMBOLS} == {8}


def test_django_verifies_the_light_hash_and_marks_it_for_upgrade() -> None:
    encoded = light_hash("secret")
    assert encoded.startswith("pbkdf2_sha256$1$")
    assert len(encoded) <= 128
    assert check_password("secret", encoded)
    assert not check_password("Secret", encoded)
    assert identify_hasher(encoded).must_update(encoded)


def test_two_hashes_of_one_password_differ_by_their_salt() -> None:
    assert light_hash("secret") != light_hash("secret")


def test_the_salt_comes_from_the_random_source() -> None:
    assert light_hash("secret", bytes) == light_hash("secret", bytes)


def test_the_fingerprint_depends_on_the_key_only() -> None:
    assert fingerprint("k") == fingerprint("k") != fingerprint("K")
    assert len(fingerprint("k")) == 16
