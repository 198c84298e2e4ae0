"""The pure parts of the benchmarks: their statistics and their WebSocket frames."""

from itertools import count

import pytest

from tests.benchmarks import __main__ as benchmarks
from tests.benchmarks.crowd import frame_size, masked
from tests.benchmarks.frame import figure, in_turn, percentile, ratio, short
from tests.support.services.service import ROOT


def test_variants_are_measured_in_turn() -> None:
    numbers = count(1.0)
    assert in_turn(2, a=lambda: next(numbers), b=lambda: next(numbers)) == {"a": [1, 3], "b": [2, 4]}


def test_a_ratio_is_the_median_of_pairs() -> None:
    assert ratio([1, 10, 300], [2, 10, 100]) == 1


def test_a_figure_is_the_median_with_its_spread() -> None:
    found = figure("it", [3, 1, 2000], "ms")
    assert (found.value, found.spread) == (3, "1 to 2,000")


def test_a_percentile_is_a_measured_value() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.99, 1)] == [50, 99, 100]


@pytest.mark.parametrize(("value", "text"), [(0.01234, "0.0123"), (45.67, "45.7"), (1234.5, "1,234")])
def test_figures_have_three_significant_digits(value: float, text: str) -> None:
    assert short(value) == text


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_the_crowd_reads_only_complete_frames(length: int) -> None:
    if length < 126:
        head = bytes([0x81, length])
    elif length < 65_536:
        head = bytes([0x81, 126]) + length.to_bytes(2)
    else:
        head = bytes([0x81, 127]) + length.to_bytes(8)
    frame = head + bytes(length)
    assert frame_size(bytearray(frame + b"more")) == (len(head), len(frame))
    assert frame_size(bytearray(frame[:-1])) is None


def test_the_crowd_masks_its_own_frames() -> None:
    assert masked(b"ack") == b"\x81\x83\x00\x00\x00\x00ack"


def test_every_listed_benchmark_has_a_file() -> None:
    assert all((ROOT / "tests" / "benchmarks" / f"{name}.py").exists() for name in benchmarks.ALL)
