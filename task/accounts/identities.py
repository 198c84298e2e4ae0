"""Identities: the name and address at each index of a seed, always the same and never twice. Pure.

An identity is a function of seed and index, so it does not depend on how many steps, kills or lanes came before.
The argument is in docs/decisions/0009. RFC 2606 keeps the mail domains free of real mailboxes.
"""

import string
import unicodedata
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import NamedTuple

from task.accounts.names import NAMES
from task.options import MIXED, REALISTIC, Options

LETTERS = 10
# Nearly all of the 26^10 = 2^47.004 names: a permutation of a power of two need not walk (0.7 us a name less).
RANDOM_NAMES = 2**47
LETTER_PAIRS = [first + second for first in string.ascii_lowercase for second in string.ascii_lowercase]
DIGITS = 10_000
DOMAIN = "example.com"
DOMAINS = ("example.com", "example.org", "example.net")
ASCII_SPELLINGS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l"})
ROUNDS = 3


class Identity(NamedTuple):
    """A tuple because a frozen dataclass takes 0.7 us to make."""

    username: str
    email: str
    first_name: str = ""
    last_name: str = ""


def identities(options: Options, seed: int, indexes: range) -> Iterator[Identity]:
    """Yields one identity for each index, of the kind that the options choose."""
    if options.names == REALISTIC:
        return realistic_identities(seed, indexes, options.locale)
    return random_identities(seed, indexes)


def random_identities(seed: int, indexes: range) -> Iterator[Identity]:
    """Yields names like user_kqzlmwxapr: `user_` and 10 lower-case letters. Different indexes never share a name.

    Sites that lower-case a typed name at sign-in would refuse an account with capitals.
    """
    permutation = Permutation(RANDOM_NAMES, seed)
    for index in indexes:
        username = f"user_{_letters(permutation.at(index))}"
        yield Identity(username, f"{username}@{DOMAIN}")


def realistic_identities(seed: int, indexes: range, locale: str = MIXED) -> Iterator[Identity]:
    """Yields common names with four digits. Different indexes never share a username or an address.

    The digits keep people of the same name apart: every locale has at least 79 million identities.
    """
    people = _people(locale)
    permutation = Permutation(len(people) * DIGITS, seed)
    for index in indexes:
        person, digits = divmod(permutation.at(index), DIGITS)
        first_name, last_name, plain = people[person]
        username = f"{plain}{digits:04}"
        yield Identity(username, f"{username}@{DOMAINS[digits % 3]}", first_name, last_name)


class Permutation:
    """A pseudo-random order of the numbers below `size`, chosen by a seed. Not for secrets.

    `at` returns a different number for each index below `size`.
    """

    def __init__(self, size: int, seed: int) -> None:
        # Multiplying by an odd number and folding the upper half into the lower are bijections of 2^bits numbers.
        random = Random(seed)  # noqa: S311 (names are no secrets)
        bits = max(2, (size - 1).bit_length())
        self._size = size
        self._mask = (1 << bits) - 1
        self._shift = (bits + 1) // 2
        self._keys = [(random.getrandbits(bits), random.getrandbits(bits) | 1) for _ in range(ROUNDS)]

    def at(self, index: int) -> int:
        # Cycle-walking: repeats until the number is below the size, fewer than two times on average.
        number = index % self._size
        while True:
            for summand, factor in self._keys:
                number = ((number + summand) * factor) & self._mask
                number ^= number >> self._shift
            if number < self._size:
                return number


@cache
def _people(locale: str) -> list[tuple[str, str, str]]:
    """Returns every pair of given and family name with its ASCII spelling, each spelling once."""
    chosen = NAMES.values() if locale == MIXED else [NAMES[locale]]
    by_spelling = {
        _ascii_spelling(given, family): (given, family)
        for names in chosen
        for given in names.given
        for family in names.family
    }
    return [(given, family, spelling) for spelling, (given, family) in by_spelling.items()]


def _ascii_spelling(given: str, family: str) -> str:
    plain = f"{given}.{family}".lower().translate(ASCII_SPELLINGS)
    return unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()


def _letters(number: int) -> str:
    pairs = []
    for _ in range(LETTERS // 2):
        number, pair = divmod(number, len(LETTER_PAIRS))
        pairs.append(LETTER_PAIRS[pair])
    return "".join(pairs)
