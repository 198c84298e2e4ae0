"""What all of these tests share; the faults themselves are counted by tests/conftest.py."""

from random import Random

import pytest

from tests.chaos.form import SEED


@pytest.fixture
def random(request: pytest.FixtureRequest) -> Random:
    """The same for the same seed and test, whichever tests run beside it."""
    print(f"\nARRIVALS_CHAOS_SEED={SEED}")
    return Random(f"{SEED} {request.node.name}")
