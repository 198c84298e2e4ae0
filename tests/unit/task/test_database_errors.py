"""Command errors for an unusable database: one line with the reason and the remedy."""

import pytest

from task.database.errors import describe


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            "no such table: arrivals_job",
            "no such table: arrivals_job. If Arrivals runs, set its VAR_DIR and DATABASE_URL. Otherwise start "
            "`make run`, or run `manage.py migrate`.",
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
def test_the_remedy_fits_the_reason(reason: str, sentence: str) -> None:
    assert describe(RuntimeError(reason)) == f"The database cannot be used: {sentence}"
