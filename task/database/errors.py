"""The one place that words database errors for operators. Pure: manage.py uses it before settings are loaded."""

from django.db import InterfaceError, InternalError, OperationalError

from realtime.printable import printable

# The server reports the end of a session after an idle transaction as an InternalError.
UNAVAILABLE = (OperationalError, InterfaceError, InternalError)
NOTHING_LOST = "Make room on its disk, then try again; nothing is lost."
REMEDIES = {
    "certificate": "Check the host name and sslrootcert in DATABASE_URL.",
    "full": NOTHING_LOST,
    "No space left": NOTHING_LOST,
}
MIGRATE = "If Arrivals runs, set its VAR_DIR and DATABASE_URL. Otherwise start `make run`, or run `manage.py migrate`."


def describe(error: Exception, *, remedy: str = MIGRATE) -> str:
    """Returns the reason and what to do about it. `remedy` applies unless the reason is in REMEDIES."""
    reason = first_line(error)
    known = next((known for word, known in REMEDIES.items() if word in reason), remedy)
    return f"The database cannot be used: {reason}. {known}"


def first_line(error: Exception) -> str:
    """The driver's message without the hints that PostgreSQL adds in further lines."""
    return printable(str(error).strip().partition("\n")[0])
