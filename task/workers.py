"""Which workers are alive, as far as the database knows."""

import datetime
from collections.abc import Callable

from django.db.models import Sum

from task.clocks import CLOCKS_DIFFER, ago
from task.models import Job, Worker

SILENT_AFTER = datetime.timedelta(seconds=30)
PATIENCE = datetime.timedelta(seconds=10)
MOST_LANES = 64
NONE_RUNNING = "no worker is running"


def note(name: str, now: datetime.datetime, *, processes: int = 1) -> None:
    """Write that the worker was heard from; its housekeeping does so every few seconds."""
    Worker.objects.update_or_create(name=name, defaults={"heard_at": now, "processes": processes})


def processes(now: datetime.datetime) -> int:
    """How many processes the living workers have for jobs; 1 where none was heard from."""
    alive = Worker.objects.filter(heard_at__range=_lately(now))
    return min(alive.aggregate(number=Sum("processes"))["number"] or 1, MOST_LANES)


def are_heard(now: datetime.datetime) -> bool:
    """Whether any worker was heard from lately: by its housekeeping, or by a step of any job."""
    lately = _lately(now)
    return (
        Worker.objects.filter(heard_at__range=lately).exists() or Job.objects.filter(stepped_at__range=lately).exists()
    )


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
