"""The one place that words the errors of the database and of Redis. Pure: manage.py uses it before settings are loaded.

The phrases of KNOWN hold no address, name or password, so health, checks and pages may show them.
"""

from typing import NamedTuple

from django.db import InterfaceError, InternalError, OperationalError

from realtime.printable import printable

# InternalError: PostgreSQL ended the session after idle_in_transaction_session_timeout or transaction_timeout.
UNAVAILABLE = (OperationalError, InterfaceError, InternalError)


class Fault(NamedTuple):
    """`phrase` follows "The database: " or "Redis: "; `remedy` is a sentence."""

    phrase: str
    remedy: str


FULL = Fault("its disk is full", "Make room on its disk, then try again; nothing is lost.")
NOT_MIGRATED = Fault("a table is missing", "Start `make run` once, or run `manage.py migrate`.")
NO_CONNECTION = Fault(
    "it has no free connection", "Raise max_connections of PostgreSQL, or stop processes that hold connections."
)
NOT_RUNNING = Fault("it is not running", "Start the server, or check its address.")
REFUSED = Fault("it refuses the sign-in", "Check the user, the password and the database name in its address.")
SILENT = Fault("it does not answer in time", "Check the server, its address and the network.")
STARTING = Fault("it is starting or stopping", "Try again in a few seconds.")
BUSY = Fault("it is busy", "Try again.")
UNKNOWN = Fault("it does not answer", "Check that it runs, and look into its log.")

# By a part of the driver's message, in lower case; the first that occurs counts. The server's language may be another.
KNOWN = {
    "no space left": FULL,
    "database or disk is full": FULL,
    "disk quota exceeded": FULL,
    "no such table": NOT_MIGRATED,
    "no such column": NOT_MIGRATED,
    "has no column": NOT_MIGRATED,
    'relation "': NOT_MIGRATED,
    'column "': NOT_MIGRATED,
    "problem installing fixture": Fault("the file cannot be loaded", "Load it into a new database, after `migrate`."),
    "too many clients": NO_CONNECTION,
    "connection slots": NO_CONNECTION,
    "too many connections": NO_CONNECTION,
    "max number of clients": Fault("it has no free connection", "Raise maxclients of Redis."),
    "of this process were in use": BUSY,
    "certificate": Fault("its certificate is not accepted", "Check the host name and sslrootcert in DATABASE_URL."),
    "password": REFUSED,
    "authentication": REFUSED,
    "wrongpass": REFUSED,
    "noauth": REFUSED,
    "does not exist": REFUSED,
    "starting up": STARTING,
    "shutting down": STARTING,
    "terminating connection": STARTING,
    "closed the connection": STARTING,
    "loading": STARTING,
    "not yet accepting": STARTING,
    "connection refused": NOT_RUNNING,
    "no such file or directory": NOT_RUNNING,
    "timeout expired": SILENT,
    "timed out": SILENT,
    "timeout connecting": SILENT,
    "timeout reading": SILENT,
    "could not translate host": SILENT,
    "name or service not known": SILENT,
    "resolve host": SILENT,
    "unable to open database file": Fault("its file cannot be opened", "Check that its folder exists and is writable."),
    "readonly database": Fault("its file is read-only", "Make the file and its folder writable for this user."),
    "disk i/o error": Fault("its disk fails", "Check its disk: it may be full or damaged."),
    "malformed": Fault("its file is damaged", "Restore a backup (docs/operations.md)."),
    "not a database": Fault("its file is no database", "Check DATABASE_URL and VAR_DIR."),
    "is locked": BUSY,
    "lock timeout": BUSY,
    "statement timeout": BUSY,
    "deadlock": BUSY,
    "serialize": BUSY,
    "misconf": Fault("it cannot write to its disk", "Repair or empty the disk of Redis."),
    "oom command": Fault("it has no free memory", "Give Redis more memory (maxmemory)."),
    "noperm": Fault("it forbids a command", "Give the user of REDIS_URL all commands (docs/operations.md)."),
    "readonly": Fault("it is a read-only replica", "Name the primary in REDIS_URL."),
}


def fault_of(error: BaseException) -> Fault:
    reason = str(error).lower()
    return next((fault for part, fault in KNOWN.items() if part in reason), UNKNOWN)


def describe(error: Exception) -> str:
    """Returns the database's own words and what to do about them, as one line for an operator."""
    return f"The database cannot be used: {first_line(error)}. {fault_of(error).remedy}"


def first_line(error: Exception) -> str:
    """The driver's message without the hints that PostgreSQL adds in further lines."""
    return printable(str(error).strip().partition("\n")[0]).rstrip(".")
