"""A rule: a sentence of docs/protocol.md, and the trial that tries to break it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.conformance.target import Target

Trial = Callable[[Target], Awaitable[str]]


class Broken(Exception):
    """The rule does not hold. The text says what was expected and what was seen."""


class Unseen(Exception):
    """The rule cannot be tested here. The text says what is missing."""


@dataclass(frozen=True)
class Rule:
    name: str
    sentence: str
    trial: Trial


MOST_CHARACTERS = 200
RULES: list[Rule] = []


def rule(name: str, sentence: str) -> Callable[[Trial], Trial]:
    """Registers a trial. The trial returns its observation, or raises Broken or Unseen."""

    def note(trial: Trial) -> Trial:
        RULES.append(Rule(name, sentence, trial))
        return trial

    return note


def require(holds: object, expected: str, seen: object) -> None:
    if not holds:
        raise Broken(f"expected {expected[:MOST_CHARACTERS]}; saw {str(seen)[:MOST_CHARACTERS]}")
