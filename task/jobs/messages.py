"""What a message in the queue says, whoever put it there: another version, a script, or the broker once more. Pure."""

from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

GREATEST_ID = 2**63 - 1


class Unreadable(ValueError):
    """The message asks for nothing that can be done; the text says what it lacks."""


def task_id_of(text: str | None) -> UUID:
    """The same whenever the message comes. Celery lets callers choose any text, and has none for a plain call."""
    if text is None:
        return uuid4()
    try:
        return UUID(text)
    except ValueError:
        return uuid5(NAMESPACE_OID, text)


def job_of(job: object) -> int:
    if type(job) is not int or not 0 < job <= GREATEST_ID:
        raise Unreadable(f"job is the number of a job, not {job!r}.")
    return job


def size_of(size: object, *, otherwise: int, largest: int) -> int:
    """Only a hint at the speed of the last step, so what is no number costs nothing but that."""
    return min(max(size, 1), largest) if type(size) is int else otherwise
