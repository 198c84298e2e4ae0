"""Arguments read from a Celery message, whatever its sender wrote."""

from uuid import uuid4

import pytest

from task import tasks


@pytest.mark.parametrize("job", [0, -1, 2**63, 1.0, True, "7", [7]])
def test_an_invalid_job_number_raises_an_error_with_a_sentence(job: object) -> None:
    with pytest.raises(tasks.UnusableArgument, match="job must be the number of a job, not"):
        tasks.job_id_from(job)


def test_a_redelivered_message_has_the_same_task_id() -> None:
    known = uuid4()
    assert tasks.task_id_from(str(known)) == known
    assert tasks.task_id_from("import-7") == tasks.task_id_from("import-7") != tasks.task_id_from("import-8")
    assert tasks.task_id_from(None) != tasks.task_id_from(None)


@pytest.mark.parametrize(
    ("size", "read"),
    [(-5, 1), (0, 1), (7, 7), (10**9, 2_500), ("7", 100), (None, 100), (True, 100)],
)
def test_an_invalid_size_is_replaced(size: object, read: int) -> None:
    assert tasks.size_from(size) == read
