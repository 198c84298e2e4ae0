"""Errors of the database and of Redis: one line with the reason, and the remedy that fits it."""

import pytest
from django.db import IntegrityError, InterfaceError, InternalError, OperationalError

from task.database.errors import describe, fault_of, is_unavailable

SOCKET = 'connection to server on socket "/run/.s.PGSQL.5432" failed: '
TCP = 'connection to server at "127.0.0.1", port 5432 failed: '


@pytest.mark.parametrize(
    ("reason", "phrase", "remedy"),
    [
        ("no such table: arrivals_job", "a table is missing", "If Arrivals runs, set its VAR_DIR"),
        ('relation "arrivals_job" does not exist', "a table is missing", "start `make run`"),
        ("database or disk is full", "its disk is full", "Make room on its disk, then try again; nothing is lost."),
        ('could not extend file "base/5/1": No space left on device', "its disk is full", "Make room on its disk"),
        ("disk I/O error", "its disk fails", "it may be full or damaged"),
        ("SSL error: certificate verify failed", "its certificate", "Check the host name and sslrootcert"),
        (f"{TCP}FATAL:  sorry, too many clients already", "no free connection", "Raise max_connections"),
        (
            "FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute",
            "no free connection",
            "Raise max_connections",
        ),
        ('FATAL: too many connections for role "ann"', "no free connection", "Raise max_connections"),
        (f"{TCP}Connection refused", "not running", "Start the server"),
        (f"{SOCKET}No such file or directory", "not running", "Start the server"),
        (f'{TCP}FATAL:  password authentication failed for user "ann"', "sign-in", "Check the user, the password"),
        (f'{TCP}FATAL:  database "x" does not exist', "sign-in", "database name"),
        ("connection timeout expired", "does not answer in time", "the network"),
        (f"{TCP}FATAL:  the database system is starting up", "starting or stopping", "Try again in a few seconds."),
        ("unable to open database file", "cannot be opened", "folder exists and is writable"),
        ("attempt to write a readonly database", "read-only", "writable for this user"),
        ("database disk image is malformed", "damaged", "Restore a backup"),
        ("database is locked", "busy", "Try again."),
        ("canceling statement due to lock timeout", "busy", "Try again."),
        ("Problem installing fixture 'x': duplicate key", "cannot be loaded", "Load it into a new database"),
        ("something else", "does not answer", "look into its log"),
    ],
)
def test_an_error_of_the_database_has_the_remedy_that_fits(reason: str, phrase: str, remedy: str) -> None:
    sentence = describe(RuntimeError(f"{reason}\nHINT:  Another line."))
    assert sentence.startswith(f"The database cannot be used: {reason}. ")
    assert remedy in sentence
    assert phrase in fault_of(RuntimeError(reason)).phrase


@pytest.mark.parametrize(
    ("reason", "phrase"),
    [
        ("MISCONF Errors writing to the AOF file: No space left on device", "its disk is full"),
        ("MISCONF Redis is configured to save RDB snapshots", "it cannot write to its disk"),
        ("OOM command not allowed when used memory > 'maxmemory'.", "it has no free memory"),
        ("WRONGPASS invalid username-password pair or user is disabled.", "it refuses the sign-in"),
        ("Authentication required.", "it refuses the sign-in"),
        ("NOPERM this user has no permissions to run the 'lpush' command", "it forbids a command"),
        ("LOADING Redis is loading the dataset in memory", "it is starting or stopping"),
        ("max number of clients reached", "it has no free connection"),
        ("READONLY You can't write against a read only replica.", "it is a read-only replica"),
        ("Error 111 connecting to 127.0.0.1:1. Connection refused.", "it is not running"),
        ("Timeout reading from 127.0.0.1:6379", "it does not answer in time"),
    ],
)
def test_an_error_of_redis_has_the_phrase_that_fits(reason: str, phrase: str) -> None:
    assert fault_of(RuntimeError(reason)).phrase == phrase


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
