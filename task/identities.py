"""Who the accounts are: `user_` and 10 letters, at example.com, which RFC 2606 keeps free of real mailboxes. Pure."""

import string
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

LETTERS = 10
DOMAIN = "example.com"


@dataclass(frozen=True, slots=True)
class Identity:
    username: str
    email: str


def random_identities(count: int, random: Random) -> Iterator[Identity]:
    """`count` identities; a name may come twice, though hardly ever: there are 52^10 of them."""
    for _ in range(count):
        username = f"user_{''.join(random.choices(string.ascii_letters, k=LETTERS))}"
        yield Identity(username, f"{username}@{DOMAIN}")
