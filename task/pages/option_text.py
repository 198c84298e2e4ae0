"""What was chosen for a job, in words: folded on the form, and as a sentence on the job's page. Pure.

static/task/js/format/options.js puts the same words of SAYS together while somebody chooses.
"""

from collections.abc import Sequence

from task.options import FULL, INDIVIDUAL, LIGHT, MIXED, RANDOM, REALISTIC, SHARED, Options

LANGUAGES = {
    MIXED: "all of these",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "pl": "Polish",
}
EXPIRIES = {"": "never", "1": "after 1 hour", "24": "after 24 hours", "168": "after 7 days"}
SAYS = {
    "names": {RANDOM: "random names", REALISTIC: "realistic names"},
    "locale": {code: "" if code == MIXED else language for code, language in LANGUAGES.items()},
    "passwords": {INDIVIDUAL: "a password each", SHARED: "one password for all"},
    "hashing": {LIGHT: "", FULL: "full strength"},
    "remove_after_hours": {code: f"removed {words}" if code else "accounts stay" for code, words in EXPIRIES.items()},
}


def summary(options: Options) -> str:
    """For the form: without the names of groups, and with the seed that was asked for."""
    number = len(options.groups)
    groups = [f"{number} group{'' if number == 1 else 's'}"] if number else []
    seed = [] if options.seed is None else [f"seed {options.seed}"]
    return ", ".join([*_people(options), *groups, *_inactive(options), *seed, _stay(options)])


def sentence(options: Options, *, groups: Sequence[str], seed: int | None) -> str:
    """For the job's page; the seed only for a reader who may know what follows from it: the names."""
    joined = [f"in {'group' if len(groups) == 1 else 'groups'} {_listed(groups)}"] if groups else []
    chosen = ", ".join([*_people(options), *joined, *_inactive(options)])
    again = "" if seed is None else f" The same names again: seed {seed}."
    return f"{chosen[0].upper()}{chosen[1:]}.{again}"


def _people(options: Options) -> list[str]:
    names = SAYS["names"][options.names]
    language = SAYS["locale"][options.locale] if options.names == REALISTIC else ""
    password = SAYS["passwords"][options.passwords]
    hashing = SAYS["hashing"][options.hashing] if options.passwords == INDIVIDUAL else ""
    return [*filter(None, [names.replace(" ", f" {language} ") if language else names, password, hashing])]


def _inactive(options: Options) -> list[str]:
    return [] if options.is_active else ["inactive"]


def _stay(options: Options) -> str:
    hours = options.remove_after_hours
    return SAYS["remove_after_hours"].get(str(hours or ""), f"removed after {hours} hours")


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
