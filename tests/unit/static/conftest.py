"""One Node.js process for all JavaScript tests, because modules keep no state outside the objects that a test makes."""

from collections.abc import Iterator

import pytest

from tests.support.node import Node


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    with Node() as node:
        yield node
