"""A command says in one line why it cannot use the database, and what to do about that."""

import pytest

from task.database.errors import describe


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            "no such table: arrivals_job",
            "no such table: arrivals_job. Start `make run` once, or run `manage.py migrate`.",
        ),
        (
            "database or disk is full",
            "database or disk is full. Make room on its disk, then try again; nothing is lost.",
        ),
        (
            'could not extend file "base/5/1": No space left on device\nHINT:  Check free disk space.',
            'could not extend file "base/5/1": No space left on device. Make room on its disk, then try again; nothing '
            "is lost.",
        ),
        (
            "connection failed: SSL error: certificate verify failed",
            "connection failed: SSL error: certificate verify failed. Check the host name and sslrootcert in "
            "DATABASE_URL.",
        ),
    ],
)
def test_the_remedy_fits_the_reason(reason: str, said: str) -> None:
    assert describe(RuntimeError(reason)) == f"The database cannot be used: {said}"
