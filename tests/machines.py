"""How hypothesis drives the machines of the property tests: few examples, always the same, or many with other seeds.

ARRIVALS_CHAOS=long tries fifty times as many, new ones each time; a failure prints how to see it again.
"""

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

IS_LONG = os.environ.get("ARRIVALS_CHAOS") == "long"
FACTOR = 50


def run(machine: type[RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples * (FACTOR if IS_LONG else 1),
            stateful_step_count=steps,
            derandomize=not IS_LONG,
            database=None,
            deadline=None,
            print_blob=IS_LONG,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
