"""What may be chosen for a job beside its total. Pure."""

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from task.accounts.names import LOCALES

HOUR = datetime.timedelta(hours=1)
LONGEST_EXPIRY_HOURS = 24 * 366
GREATEST_SEED = 2**53 - 1  # the greatest whole number that every reader of JSON keeps (RFC 8259, 6)
MIXED = "mixed"

RANDOM, REALISTIC = "random", "realistic"
INDIVIDUAL, SHARED = "individual", "shared"
LIGHT, FULL = "light", "full"
CHOICES = {
    "names": (RANDOM, REALISTIC),
    "locale": (MIXED, *LOCALES),
    "passwords": (INDIVIDUAL, SHARED),
    "hashing": (LIGHT, FULL),
}


class UnusableOption(ValueError):
    """An option that nobody can have: `name` says which, the text what can be asked for."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is asked for; every option has a default.

    `remove_after_hours`: when the accounts are removed by themselves, counted from the request; None for never.
    `names`, `locale`: who they are. `seed`: with the same one, the same options give the same names in an empty
    database; None for a new one. `passwords`: each its own, or the one in `shared_password`. `hashing`: of individual
    ones. `groups`: ids, in any order.
    """

    remove_after_hours: int | None = None
    names: str = RANDOM
    locale: str = MIXED
    seed: int | None = None
    passwords: str = INDIVIDUAL
    hashing: str = LIGHT
    groups: tuple[int, ...] = ()
    is_active: bool = True
    shared_password: str = field(default="", repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", tuple(sorted(set(self.groups))))

    def require_usable(self) -> None:
        """Raise UnusableOption for what cannot be had, whoever asks."""
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise UnusableOption(name, f"Choose one of {', '.join(choices)}.")
        hours = self.remove_after_hours
        if hours is not None and not 1 <= hours <= LONGEST_EXPIRY_HOURS:
            reason = f"Accounts can be removed after 1 to {LONGEST_EXPIRY_HOURS} hours, or stay."
            raise UnusableOption("remove_after_hours", reason)
        if self.seed is not None and not 0 <= self.seed <= GREATEST_SEED:
            raise UnusableOption("seed", f"A seed is a whole number from 0 to {GREATEST_SEED}.")
        if (self.passwords == SHARED) != bool(self.shared_password):
            raise UnusableOption("shared_password", "Give a password for all accounts, or let each have its own.")

    @property
    def needs_stretching(self) -> bool:
        """Whether each account costs a hash at full strength: a shared password is hashed once."""
        return self.passwords == INDIVIDUAL and self.hashing == FULL

    def remove_at(self, created_at: datetime.datetime) -> datetime.datetime | None:
        return created_at + self.remove_after_hours * HOUR if self.remove_after_hours else None

    def stored(self) -> dict[str, Any]:
        """As a job keeps them: without the shared password."""
        return {name: value for name, value in asdict(self).items() if name != "shared_password"}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Options":
        return cls(**stored)
