"""The size of a step adapts to the speed of the machine."""

from task.jobs.step_size import LARGEST_SIZE, StepSize


def test_quick_steps_grow_fourfold_to_the_largest_size() -> None:
    step_size = StepSize(25)
    sizes = []
    for _ in range(5):
        step_size.adapt(seconds=0.0)
        sizes.append(step_size.size)
    assert sizes == [100, 400, 1600, LARGEST_SIZE, LARGEST_SIZE]


def test_the_size_converges_to_steps_of_50_ms() -> None:
    step_size = StepSize(100)
    for _ in range(8):
        step_size.adapt(seconds=step_size.size * 0.0001)
    assert step_size.size == 500


def test_a_slow_step_halves_the_size_down_to_one_account() -> None:
    step_size = StepSize(5)
    for expected in (2, 1, 1):
        step_size.adapt(seconds=0.2)
        assert step_size.size == expected


def test_a_distant_database_does_not_shrink_the_size_below_the_least() -> None:
    step_size = StepSize(25, least=100)
    sizes = []
    for seconds in (0.2, 0.2, 0.01, 0.2, 0.2):
        step_size.adapt(seconds)
        sizes.append(step_size.size)
    assert sizes == [100, 100, 400, 200, 100]
