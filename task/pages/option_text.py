"""The options of a job in words: a summary on the form, a sentence on the job's page, and an estimate. Pure.

The form sends WORDS and the estimate's words to the browser. static/task/js/format/options.js puts them together in the
same way as this module while the user changes the form.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from task.options import FULL, INDIVIDUAL, LIGHT, MIXED, RANDOM, REALISTIC, SHARED, Options
from task.pages.number_text import duration

LANGUAGES = {
    MIXED: "mixed",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "pl": "Polish",
}
EXPIRIES = {"": "never", "1": "after 1 hour", "24": "after 24 hours", "168": "after 7 days"}
WORDS = {
    "names": {  # Of realistic names, by their language.
        **{code: f"realistic {language} names" for code, language in LANGUAGES.items()},
        MIXED: "realistic names",
        RANDOM: "random names",
    },
    "passwords": {INDIVIDUAL: "a different password each", SHARED: "the same password for all"},
    "hashing": {LIGHT: "", FULL: "full hashing"},
    "remove_after_hours": {
        code: f"removed {words}" if code else "no automatic removal" for code, words in EXPIRIES.items()
    },
    "more": {"group": "1 group", "groups": "{number} groups", "inactive": "inactive", "seed": "seed {seed}"},
}
SHORTEST_WAIT_MS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How long full hashing takes: `hash_seconds` an account, shared by `processes`."""

    hash_seconds: float
    processes: int

    @property
    def account_ms(self) -> float:
        return self.hash_seconds * 1_000 / self.processes

    @property
    def words(self) -> dict[str, str]:
        where = f"on {self.processes} worker process{'' if self.processes == 1 else 'es'}"
        return {
            "account": f"{self.hash_seconds} s per account {where}",
            "job": f"about {{duration}} ({{total}} \u00d7 {self.hash_seconds} s {where})",
        }

    def text(self, total: int | None) -> str:
        """Returns `about 50 s (500 x 0.2 s on 2 worker processes)`, or the time per account if `total` is None."""
        if total is None:
            return self.words["account"]
        wait = duration(max(total * self.account_ms, SHORTEST_WAIT_MS))
        return self.words["job"].format(total=f"{total:,}", duration=wait)

    @property
    def client_data(self) -> dict[str, Any]:
        return {"words": self.words, "account_ms": self.account_ms, "shortest_ms": SHORTEST_WAIT_MS}


def summary(options: Options) -> str:
    """Counts the groups instead of naming them, and shows the seed only if one was requested."""
    more, number = WORDS["more"], len(options.groups)
    hours = options.remove_after_hours
    parts = [
        *_people(options),
        number and more["group" if number == 1 else "groups"].format(number=number),
        "" if options.is_active else more["inactive"],
        "" if options.seed is None else more["seed"].format(seed=options.seed),
        WORDS["remove_after_hours"].get(str(hours or ""), f"removed after {hours} hours"),
    ]
    return ", ".join(part for part in parts if part)


def sentence(options: Options, *, groups: Sequence[str], seed: int | None) -> str:
    """For the job's page. Pass `seed` only for a viewer who may see the users, because names follow from it."""
    joined = [f"in {'group' if len(groups) == 1 else 'groups'} {_listed(groups)}"] if groups else []
    inactive = [] if options.is_active else [WORDS["more"]["inactive"]]
    chosen = ", ".join([*_people(options), *joined, *inactive])
    repeat = "" if seed is None else f" Seed {seed} gives the same names again."
    return f"{chosen[0].upper()}{chosen[1:]}.{repeat}"


def _people(options: Options) -> list[str]:
    names = WORDS["names"][options.locale if options.names == REALISTIC else RANDOM]
    hashing = WORDS["hashing"][options.hashing] if options.passwords == INDIVIDUAL else ""
    return [part for part in (names, WORDS["passwords"][options.passwords], hashing) if part]


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
