"""The one place that knows which database errors are outages, and words them for operators.

Pure: manage.py uses it before settings are loaded.
"""

from django.db import InterfaceError, InternalError, OperationalError

from realtime.printable import printable

# Not the request's fault. PostgreSQL ends an idle transaction, or refuses a write on a standby, with InternalError.
UNAVAILABLE = (OperationalError, InterfaceError, InternalError)
NOTHING_LOST = "Make room on its disk, then try again; nothing is lost."
REMEDIES = {
    "certificate": "Check the host name and sslrootcert in DATABASE_URL.",
    "full": NOTHING_LOST,
    "No space left": NOTHING_LOST,
}
MIGRATE = "Start `make run` once, or run `manage.py migrate`."


def is_unavailable(error: BaseException | None) -> bool:
    """Returns whether the error is one of UNAVAILABLE, or follows from one.

    Django's session store, for example, raises UpdateError for every database error, as if the session were deleted.
    """
    while error is not None and not isinstance(error, UNAVAILABLE):
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return error is not None


def describe(error: Exception, *, remedy: str = MIGRATE) -> str:
    """Returns the reason and what to do about it. `remedy` applies unless the reason is in REMEDIES."""
    reason = first_line(error)
    known = next((known for word, known in REMEDIES.items() if word in reason), remedy)
    return f"The database cannot be used: {reason}. {known}"


def first_line(error: Exception) -> str:
    """The driver's message without the hints that PostgreSQL adds in further lines."""
    return printable(str(error).strip().partition("\n")[0])
