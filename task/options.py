"""What may be chosen for a job beside its total. Pure."""

import datetime
from dataclasses import dataclass

HOUR = datetime.timedelta(hours=1)
LONGEST_EXPIRY_HOURS = 24 * 366


class UnusableOption(ValueError):
    """An option that nobody can have: `name` says which, the text what can be asked for."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


@dataclass(frozen=True, slots=True)
class Options:
    """`remove_after_hours`: when the accounts are removed by themselves, counted from the request; None for never."""

    remove_after_hours: int | None = None

    def require_usable(self) -> None:
        hours = self.remove_after_hours
        if hours is not None and not 1 <= hours <= LONGEST_EXPIRY_HOURS:
            raise UnusableOption(
                "remove_after_hours", f"Accounts can be removed after 1 to {LONGEST_EXPIRY_HOURS} hours, or stay."
            )

    def remove_at(self, created_at: datetime.datetime) -> datetime.datetime | None:
        return created_at + self.remove_after_hours * HOUR if self.remove_after_hours else None

    @classmethod
    def of(cls, *, created_at: datetime.datetime, remove_at: datetime.datetime | None) -> "Options":
        """The options of a job, from what is stored of it."""
        return cls(remove_after_hours=round((remove_at - created_at) / HOUR) if remove_at else None)
