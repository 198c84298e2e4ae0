"""How hypothesis drives the machines of the property tests: few stories, always the same, or many of a seed each time.

A failure prints the shortest story that it found; in the long form, also a line with which to see it again.
"""

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.chaos.form import FORM, SEED

FACTOR = {"quick": 1 / 3, "short": 1, "long": 20}[FORM]


def run(machine: type[RuleBasedStateMachine], *, examples: int, steps: int) -> int:
    """Returns how many stories it told; `examples` are those of the short form."""
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
