"""The tracebacks in a service's log, by the name of what was raised: each is one that a test expects, or a fault."""

import re

# What Celery itself says, at length: of a child that was killed, and of a Redis that does not answer.
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
        "ExecAbortError",  # of a transaction that a full Redis refuses
        "AttributeError",  # kombu's client of beat, once closed, has no address
        "SoftTimeLimitExceeded",  # a pool process that was done, and could not say so to a worker that connects
    }
)
REDIS_FULL = frozenset({"ExecAbortError", "ResponseError"})  # its own log is on the full disk

TRACEBACK = re.compile(r"Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*([\w.]*)")


def raised(log: str) -> set[str]:
    """Of the last line of each; `Traceback` for one that has none."""
    found = {name.rpartition(".")[2] for name in TRACEBACK.findall(log)}
    return {name or "Traceback" for name in found} | ({"Traceback"} if "Traceback" in TRACEBACK.sub("", log) else set())
