"""The ring against a list: whether hints are late, early, repeated or lost, it has the newest batches without a gap."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from realtime import ring
from realtime.protocol import Batch
from tests.chaos.faults.hits import Strikes
from tests.support import machines

SIZES = st.integers(1, 5)


def batch(first: int, last: int) -> Batch:
    return Batch.stored(first, last, "", "[" + "x" * 10 * (last - first + 1) + "]")


class RingMachine(RuleBasedStateMachine):
    """`log` has every batch that was appended; the ring has received those up to `head`."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Batch] = []
        self.ring = ring.Ring(0)
        self.head = 0

    @rule(size=SIZES)
    def append(self, size: int) -> None:
        first = self.log[-1].last + 1 if self.log else 1
        self.log.append(batch(first, first + size - 1))

    @precondition(lambda self: self.log)
    @rule(index=st.integers(0, 99))
    def hear(self, index: int) -> None:
        received = self.log[index % len(self.log)]
        comes_next = received.first <= self.head + 1
        assert self.ring.add(received) == comes_next
        self.head = max(self.head, received.last) if comes_next else self.head

    @precondition(lambda self: self.log)
    @rule()
    def catch_up(self) -> None:
        for one in self.log:
            assert self.ring.add(one)
        self.head = self.log[-1].last

    @invariant()
    def every_answer_is_the_end_of_the_log(self) -> None:
        assert self.ring.head == self.head
        for offset in range(self.head + 2):
            newer = [one for one in self.log if offset < one.last <= self.head]
            answer = self.ring.since(offset)
            assert answer == newer or (answer is None and sum(len(one.frame) for one in newer) > ring.RING_BYTES)


@pytest.mark.fault("late, repeated, early and lost hints, in any order")
def test_the_ring_holds_the_newest_batches_without_a_gap(monkeypatch: pytest.MonkeyPatch, strikes: Strikes) -> None:
    monkeypatch.setattr(ring, "RING_BYTES", 400)
    strikes.hit(times=machines.run(RingMachine, examples=50, steps=30))
