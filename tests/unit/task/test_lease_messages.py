"""What is read out of a message, whoever wrote it."""

from uuid import uuid4

import pytest

from task.jobs import messages


@pytest.mark.parametrize("job", [0, -1, 2**63, 1.0, True, "7", [7]])
def test_what_is_no_number_of_a_job_is_said_in_a_sentence(job: object) -> None:
    with pytest.raises(messages.Unreadable, match="job is the number of a job, not"):
        messages.job_of(job)


def test_a_message_has_the_same_id_whenever_it_comes() -> None:
    known = uuid4()
    assert messages.task_id_of(str(known)) == known
    assert messages.task_id_of("import-7") == messages.task_id_of("import-7") != messages.task_id_of("import-8")
    assert messages.task_id_of(None) != messages.task_id_of(None)


@pytest.mark.parametrize(("size", "read"), [(-5, 1), (0, 1), (7, 7), (10**9, 500), ("7", 25), (None, 25), (True, 25)])
def test_a_size_that_cannot_be_is_replaced(size: object, read: int) -> None:
    assert messages.size_of(size, otherwise=25, largest=500) == read
