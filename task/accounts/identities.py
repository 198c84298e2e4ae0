"""Who the accounts are: the index-th identity of a seed, the same for ever, and different for each index. Pure.

The mail domains are those that RFC 2606 keeps free of real mailboxes.
"""

import string
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from task.accounts.names import LOCALES, Names
from task.accounts.permutation import Permutation
from task.options import MIXED, REALISTIC, Options

LETTERS = 10
# Of the 52^10 = 2^57.004 names nearly all, as a permutation of a power of two need not walk (0.7 us a name less).
RANDOM_NAMES = 2**57
PAIRS = [first + second for first in string.ascii_letters for second in string.ascii_letters]
DIGITS = 10_000
DOMAIN = "example.com"
DOMAINS = ("example.com", "example.org", "example.net")
FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l"})


class Identity(NamedTuple):
    """A tuple, as a frozen dataclass takes 0.7 us to make."""

    username: str
    email: str
    first_name: str = ""
    last_name: str = ""


def identities(options: Options, seed: int, indexes: range) -> Iterator[Identity]:
    """The identities that the options ask for: at these indexes of this seed, none twice."""
    if options.names == REALISTIC:
        return realistic_identities(seed, indexes, options.locale)
    return random_identities(seed, indexes)


def random_identities(seed: int, indexes: range) -> Iterator[Identity]:
    """`user_` and 10 letters, none twice."""
    permutation = Permutation(RANDOM_NAMES, seed)
    for index in indexes:
        username = f"user_{_letters(permutation.at(index))}"
        yield Identity(username, f"{username}@{DOMAIN}")


def realistic_identities(seed: int, indexes: range, locale: str = MIXED) -> Iterator[Identity]:
    """Names as people have them with four digits, which keep them apart: 79 million to a locale at least."""
    people = _people(locale)
    permutation = Permutation(len(people) * DIGITS, seed)
    for index in indexes:
        person, digits = divmod(permutation.at(index), DIGITS)
        first_name, last_name, folded = people[person]
        username = f"{folded}{digits:04}"
        yield Identity(username, f"{username}@{DOMAINS[digits % 3]}", first_name, last_name)


@cache
def _people(locale: str) -> list[tuple[str, str, str]]:
    """Every pair of a given and a family name with what it looks like in a mail address, each look once."""
    chosen = LOCALES.values() if locale == MIXED else [LOCALES[locale]]
    by_look = {_folded(first, last): (first, last) for names in chosen for first, last in _pairs(names)}
    return [(first, last, look) for look, (first, last) in by_look.items()]


def _pairs(names: Names) -> Iterator[tuple[str, str]]:
    return ((first, last) for first in names.given for last in names.family)


def _folded(first: str, last: str) -> str:
    plain = f"{first}.{last}".lower().translate(FOLDED)
    return unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()


def _letters(number: int) -> str:
    pairs = []
    for _ in range(LETTERS // 2):
        number, pair = divmod(number, len(PAIRS))
        pairs.append(PAIRS[pair])
    return "".join(pairs)
