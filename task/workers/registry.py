"""Which workers are alive, and whether beat is, as far as the database knows."""

import datetime
from collections.abc import Callable

from django.db import Error
from django.db.models import F, Max, Sum

from task.database import lock_timeout
from task.database.clock_skew import CLOCKS_DIFFER, ago
from task.models import Job, Worker

SILENT_AFTER = datetime.timedelta(seconds=30)
PATIENCE = datetime.timedelta(seconds=10)
MOST_LANES = 64
NONE_RUNNING = "no worker is running"


def note(name: str, now: datetime.datetime, *, processes: int = 1) -> None:
    """Write that the worker was heard from; its housekeeping does so every few seconds."""
    Worker.objects.update_or_create(name=name, defaults={"heard_at": now, "processes": processes})


def note_rescue(name: str, now: datetime.datetime) -> None:
    """Write that the worker did a rescue that beat had sent: so beat was alive lately."""
    Worker.objects.filter(name=name).update(rescued_at=now)


def add(name: str, *, steps: int, step_seconds: float, hints_lost: int) -> bool:
    """Add to what this worker's processes counted; False where it is not known, or busy now: add it later.

    Waits for nobody over 0.1 s. One small UPDATE a slice: 0.2 % of its two seconds.
    """
    counts = {"steps": steps, "step_seconds": step_seconds, "hints_lost": hints_lost}
    try:
        with lock_timeout.short():
            changes = {field: F(field) + count for field, count in counts.items()}
            return bool(Worker.objects.filter(name=name).update(**changes))
    except Error:
        return False


def processes(now: datetime.datetime) -> int:
    """How many processes the living workers have for jobs; 1 where none was heard from."""
    alive = Worker.objects.filter(heard_at__range=_lately(now))
    return min(alive.aggregate(number=Sum("processes"))["number"] or 1, MOST_LANES)


def known() -> list[Worker]:
    return list(Worker.objects.order_by("name"))


def living(now: datetime.datetime) -> list[str]:
    """The names of those that were heard from lately."""
    alive = Worker.objects.filter(heard_at__range=_lately(now))
    return list(alive.order_by("name").values_list("name", flat=True))


def last_heard_at(now: datetime.datetime) -> datetime.datetime | None:
    """When any worker was last heard from by its housekeeping."""
    return _last("heard_at", now)


def last_rescued_at(now: datetime.datetime) -> datetime.datetime | None:
    """When any worker last did the rescue that beat sends."""
    return _last("rescued_at", now)


def are_heard(now: datetime.datetime) -> bool:
    """Whether any worker was heard from lately: by its housekeeping, or by a step of any job."""
    lately = _lately(now)
    return (
        Worker.objects.filter(heard_at__range=lately).exists() or Job.objects.filter(stepped_at__range=lately).exists()
    )


def _last(field: str, now: datetime.datetime) -> datetime.datetime | None:
    """But for words from before the clock went back."""
    written = Worker.objects.filter(**{f"{field}__lte": now + CLOCKS_DIFFER})
    latest: datetime.datetime | None = written.aggregate(latest=Max(field))["latest"]
    return latest


def _lately(now: datetime.datetime) -> tuple[datetime.datetime, datetime.datetime]:
    """Not what lies far ahead: a worker that died before the clock went back would live until it is there again."""
    return now - SILENT_AFTER, now + CLOCKS_DIFFER


def waiting_words(
    job: Job, now: datetime.datetime, *, is_heard: Callable[[datetime.datetime], bool] = are_heard
) -> str:
    """Why there is no first account yet, in plain words; empty when the job does not wait."""
    if job.state != Job.State.QUEUED:
        return ""
    if ago(job.created_at, now) > PATIENCE and not is_heard(now):
        return NONE_RUNNING
    return "waiting for a worker"
