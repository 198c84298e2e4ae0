"""Which errors mean that the database is unavailable."""

import pytest
from django.db import IntegrityError, InterfaceError, InternalError, OperationalError

from task.database.errors import is_unavailable


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError, InternalError])
@pytest.mark.parametrize("link", ["__cause__", "__context__"])
def test_an_error_that_follows_from_an_outage_is_an_outage(kind: type[Exception], link: str) -> None:
    error, last = RuntimeError("interrupted"), RuntimeError("the session was deleted")
    setattr(error, link, kind("away"))
    setattr(last, link, error)
    assert is_unavailable(kind("away"))
    assert is_unavailable(last)


def test_other_errors_are_no_outage() -> None:
    hidden = ValueError("raised with `from None`")
    hidden.__context__, hidden.__suppress_context__ = OperationalError("away"), True
    assert not any(map(is_unavailable, [None, hidden, IntegrityError("a name is taken")]))
