"""The size of a step suits the machine."""

from task.jobs.slices import LARGEST_SIZE, Pace


def test_quick_steps_grow_fourfold_to_the_largest_size() -> None:
    pace = Pace(25)
    sizes = []
    for _ in range(5):
        pace.learn(seconds=0.0)
        sizes.append(pace.size)
    assert sizes == [100, 400, 1600, LARGEST_SIZE, LARGEST_SIZE]


def test_a_step_comes_to_last_50_ms() -> None:
    pace = Pace(100)
    for _ in range(8):
        pace.learn(seconds=pace.size * 0.0001)
    assert pace.size == 500


def test_a_slow_step_halves_and_one_account_is_the_least() -> None:
    pace = Pace(5)
    for expected in (2, 1, 1):
        pace.learn(seconds=0.2)
        assert pace.size == expected


def test_light_steps_do_not_shrink_to_nothing_where_the_database_is_far_away() -> None:
    pace = Pace(25, least=100)
    sizes = []
    for seconds in (0.2, 0.2, 0.01, 0.2, 0.2):
        pace.learn(seconds)
        sizes.append(pace.size)
    assert sizes == [100, 100, 400, 200, 100]
