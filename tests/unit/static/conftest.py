"""One Node.js process for the tests of all modules, which keep no state outside the objects that a test makes."""

from collections.abc import Iterator

import pytest

from tests.support.node import Node


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    with Node() as node:
        yield node
