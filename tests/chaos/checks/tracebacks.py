"""Names of the exceptions whose tracebacks are in a service's log. Any that a test does not expect is an error."""

import re

# Celery itself logs these, for a killed child and for a Redis that does not answer.
CHILD_LOST = frozenset({"WorkerLostError", "ExceptionWithTraceback"})
TOO_LONG = frozenset({"TimeLimitExceeded", "ExceptionWithTraceback"})
REDIS_LOST = frozenset(
    {
        "ConnectionError",
        "ConnectionRefusedError",
        "ConnectionResetError",
        "OperationalError",
        "SchedulingError",
        "TimeoutError",
        "OutOfMemoryError",
        "ExecAbortError",  # a full Redis refuses a transaction
        "AttributeError",  # beat's kombu client has no address once it is closed
        "SoftTimeLimitExceeded",  # a pool process was done, and could not report it to a worker that was connecting
    }
)
REDIS_FULL = frozenset({"ExecAbortError", "ResponseError"})  # Redis's own log is on the full disk

TRACEBACK = re.compile(r"Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*([\w.]*)")


def raised(log: str) -> set[str]:
    """Returns the exception names in the last line of each traceback; `Traceback` for one without a last line."""
    found = {name.rpartition(".")[2] for name in TRACEBACK.findall(log)}
    return {name or "Traceback" for name in found} | ({"Traceback"} if "Traceback" in TRACEBACK.sub("", log) else set())
