"""A pseudo-random order of the numbers below a size, chosen by a seed. Pure, and not for secrets."""

from random import Random

ROUNDS = 3


class Permutation:
    """`at` gives each number below `size` for exactly one index below it: no two indexes share one."""

    def __init__(self, size: int, seed: int) -> None:
        """Multiplying by an odd number and folding the upper half into the lower are bijections of 2^bits numbers."""
        random = Random(seed)  # noqa: S311 (names, no secrets)
        bits = max(2, (size - 1).bit_length())
        self._size = size
        self._mask = (1 << bits) - 1
        self._shift = (bits + 1) // 2
        self._keys = [(random.getrandbits(bits), random.getrandbits(bits) | 1) for _ in range(ROUNDS)]

    def at(self, index: int) -> int:
        """Walks on within the power of two until it is below the size: fewer than two rounds on average."""
        number = index % self._size
        while True:
            for summand, factor in self._keys:
                number = ((number + summand) * factor) & self._mask
                number ^= number >> self._shift
            if number < self._size:
                return number
