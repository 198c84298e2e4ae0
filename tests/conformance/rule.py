"""What a rule is: a sentence of docs/protocol.md, and what tries to see it broken."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.conformance.target import Target

Trial = Callable[[Target], Awaitable[str]]


class Broken(Exception):
    """The rule does not hold; the text says what was expected and what was seen."""


class Unseen(Exception):
    """Whether the rule holds cannot be seen here; the text says what that needs."""


@dataclass(frozen=True)
class Rule:
    name: str
    sentence: str
    trial: Trial


MOST_CHARACTERS = 200
RULES: list[Rule] = []


def rule(name: str, sentence: str) -> Callable[[Trial], Trial]:
    """The trial returns what it has seen, or raises Broken or Unseen."""

    def note(trial: Trial) -> Trial:
        RULES.append(Rule(name, sentence, trial))
        return trial

    return note


def require(holds: object, expected: str, seen: object) -> None:
    if not holds:
        raise Broken(f"expected {expected[:MOST_CHARACTERS]}; saw {str(seen)[:MOST_CHARACTERS]}")
