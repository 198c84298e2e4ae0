"""A permutation gives each number once, in an order that looks random."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from task.accounts.identities import Permutation


@given(size=st.integers(1, 3_000), seed=st.integers(0, 2**63 - 1))
def test_each_number_comes_exactly_once(size: int, seed: int) -> None:
    permutation = Permutation(size, seed)
    assert sorted(permutation.at(index) for index in range(size)) == list(range(size))


@given(size=st.integers(1, 52**10), seed=st.integers(0, 2**63 - 1), index=st.integers(0, 2**62))
def test_every_number_is_below_the_size(size: int, seed: int, index: int) -> None:
    assert 0 <= Permutation(size, seed).at(index) < size


def test_numbers_of_neighbouring_indexes_are_far_apart() -> None:
    permutation = Permutation(1_000_000, 7)
    numbers = [permutation.at(index) for index in range(1_000)]
    near = sum(abs(one - other) < 1_000 for one, other in pairwise(numbers))
    assert near < 20
