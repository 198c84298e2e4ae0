"""How hypothesis drives the machines of the property tests: few stories, always the same, or many of a seed each time.

A failure prints the shortest story that it found; in the long form, also a line with which to see it again.
"""

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.chaos.form import SEED, either

FACTOR = either(short=1, long=20)


def run(machine: type[RuleBasedStateMachine], *, examples: int, steps: int) -> int:
    """How many stories it told."""
    run_state_machine_as_test(
        machine if FACTOR == 1 else seed(SEED)(machine),
        settings=settings(
            max_examples=examples * FACTOR,
            stateful_step_count=steps,
            derandomize=FACTOR == 1,
            database=None,
            deadline=None,
            print_blob=FACTOR > 1,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
    return examples * FACTOR
