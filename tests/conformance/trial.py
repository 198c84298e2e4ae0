"""Tries the rules on a server, one after the other, and yields a finding for each."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from enum import Enum

from websockets.exceptions import InvalidHandshake

from tests.conformance import doors, greeting, pace, seam, stream
from tests.conformance.rule import RULES, Broken, Rule, Unseen
from tests.conformance.target import Closed, Fault, Silence, Target

MODULES = (greeting, doors, stream, seam, pace)  # the last module fills the log
RULES_IN_ORDER = [rule for module in MODULES for rule in RULES if rule.trial.__module__ == module.__name__]


class Verdict(Enum):
    KEPT = "ok"
    BROKEN = "FAIL"
    UNSEEN = "-"


@dataclass(frozen=True)
class Finding:
    rule: Rule
    verdict: Verdict
    seen: str

    def __str__(self) -> str:
        return f"{self.verdict.value:<5} {self.rule.name:<21} {self.rule.sentence}: {self.seen}"


async def findings(target: Target, names: Collection[str] = ()) -> AsyncIterator[Finding]:
    """Yields the findings of all rules, or of the rules with these names."""
    for rule in RULES_IN_ORDER:
        if not names or rule.name in names:
            yield await _finding(target, rule)


async def _finding(target: Target, rule: Rule) -> Finding:
    try:
        return Finding(rule, Verdict.KEPT, await rule.trial(target))
    except Unseen as unseen:
        return Finding(rule, Verdict.UNSEEN, f"not tested, because {unseen}")
    except (Broken, Fault, Closed, Silence) as error:
        return Finding(rule, Verdict.BROKEN, str(error))
    except (OSError, InvalidHandshake) as error:
        return Finding(rule, Verdict.BROKEN, f"expected a connection; saw {error!r}")
