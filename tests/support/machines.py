"""Runs the state machines of the property tests with hypothesis: few fixed examples, or many from a seed.

A failure prints the shortest example that it found. In the long form it also prints a line that repeats it.
"""

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.chaos.form import FORM, SEED

FACTOR = {"quick": 1 / 3, "short": 1, "long": 20}[FORM]


def run(machine: type[RuleBasedStateMachine], *, examples: int, steps: int) -> int:
    """Runs the machine, and returns the number of examples. `examples` is their number in the short form."""
    examples = round(examples * FACTOR)
    run_state_machine_as_test(
        seed(SEED)(machine) if FORM == "long" else machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=FORM != "long",
            database=None,
            deadline=None,
            print_blob=FORM == "long",
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
    return examples
