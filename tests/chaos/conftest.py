"""Fixtures of the chaos tests. tests/conftest.py counts the faults."""

from random import Random

import pytest

from tests.chaos.form import SEED


@pytest.fixture
def random(request: pytest.FixtureRequest) -> Random:
    """Returns the same numbers for the same seed and test, independent of other tests."""
    print(f"\nARRIVALS_CHAOS_SEED={SEED}")
    return Random(f"{SEED} {request.node.name}")
