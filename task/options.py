"""The options of a job: every choice but its total. Pure; imports nothing of the project."""

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

HOUR = datetime.timedelta(hours=1)
LONGEST_EXPIRY_HOURS = 24 * 366
GREATEST_SEED = 2**53 - 1  # the greatest whole number that every JSON reader keeps exactly (RFC 8259, 6)

RANDOM, REALISTIC = "random", "realistic"
MIXED = "mixed"
LOCALES = ("de", "en", "es", "fr", "pl")  # their names are in task.accounts.names
INDIVIDUAL, SHARED = "individual", "shared"
LIGHT, FULL = "light", "full"
CHOICES = {
    "names": (RANDOM, REALISTIC),
    "locale": (MIXED, *LOCALES),
    "passwords": (INDIVIDUAL, SHARED),
    "hashing": (LIGHT, FULL),
}


class UnusableOption(ValueError):
    """The option `name` has a value that this job cannot have. The text says which values are possible."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of one request. Every option has a default.

    `remove_after_hours`: hours from the request to the automatic removal of the accounts; None for never.
    `names`, `locale`: the kind of names and their language.
    `seed`: the same seed and options give the same names in an empty database; None draws a new seed.
    `passwords`: one for each account, or `shared_password` for all.
    `hashing`: of individual passwords; a shared password is always hashed at full strength.
    `groups`: ids of the groups that every account joins, in any order.
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
        """Raises UnusableOption for the first value that no user can choose. Checks no permissions."""
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
        """Whether every account costs one hash at full strength. A shared password is hashed only once."""
        return self.passwords == INDIVIDUAL and self.hashing == FULL

    def remove_at(self, created_at: datetime.datetime) -> datetime.datetime | None:
        return created_at + self.remove_after_hours * HOUR if self.remove_after_hours else None

    def stored(self) -> dict[str, Any]:
        """Returns the JSON that a job stores, without the shared password."""
        return {name: value for name, value in asdict(self).items() if name != "shared_password"}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Options":
        """Returns the options from what `stored` returned. Their shared password is empty."""
        return cls(**stored)
