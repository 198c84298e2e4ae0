"""Live workers, and the time of beat's last rescue, from the rows that the workers write.

A worker is alive if its last heartbeat is at most 30 s old. A time more than a minute ahead does not count: it was
written before a clock went back, and a dead worker would seem alive until the clock is there again.
"""

import datetime
from collections.abc import Callable

from django.db import Error
from django.db.models import F, Max, Sum

from task.database import disk, lock_timeout
from task.database.clock_skew import CLOCKS_DIFFER, ago
from task.models import Job, Worker

SILENT_AFTER = datetime.timedelta(seconds=30)
PATIENCE = datetime.timedelta(seconds=10)
MOST_LANES = 64
NONE_RUNNING = "no worker is running"


def record_heartbeat(name: str, now: datetime.datetime, *, processes: int = 1) -> None:
    """Writes that the worker is alive, and the size of its pool. Workers call this every few seconds."""
    Worker.objects.update_or_create(name=name, defaults={"heard_at": now, "processes": processes})


def record_rescue(name: str, now: datetime.datetime) -> None:
    """Writes that the worker completed a rescue that beat sent: the only sign that beat is alive."""
    Worker.objects.filter(name=name).update(rescued_at=now)


def add_counts(name: str, *, steps: int, step_seconds: float, hints_lost: int) -> bool:
    """Adds to the worker's counters. Returns False if the worker is unknown or the write fails; retry later.

    Waits 0.1 s at most for a lock. One small UPDATE a slice: 0.2 % of its two seconds.
    """
    counts = {"steps": steps, "step_seconds": step_seconds, "hints_lost": hints_lost}
    try:
        with lock_timeout.short():
            changes = {field: F(field) + count for field, count in counts.items()}
            return bool(Worker.objects.filter(name=name).update(**changes))
    except Error:
        return False


def all_workers() -> list[Worker]:
    """Returns dead workers too, until cleanup deletes them after a day."""
    return list(Worker.objects.order_by("name"))


def live_worker_names(now: datetime.datetime) -> list[str]:
    live = Worker.objects.filter(heard_at__range=_alive_range(now))
    return list(live.order_by("name").values_list("name", flat=True))


def count_processes(now: datetime.datetime) -> int:
    """Returns the number of pool processes of all live workers: 1 if none is alive, MOST_LANES at most."""
    live = Worker.objects.filter(heard_at__range=_alive_range(now))
    return min(live.aggregate(number=Sum("processes"))["number"] or 1, MOST_LANES)


def last_heartbeat_at(now: datetime.datetime) -> datetime.datetime | None:
    return _latest("heard_at", now)


def last_rescue_at(now: datetime.datetime) -> datetime.datetime | None:
    """Returns when a worker last completed a rescue that beat sent."""
    return _latest("rescued_at", now)


def any_worker_alive(now: datetime.datetime) -> bool:
    """Whether any worker sent a heartbeat, or made a step of any job, in the last 30 s."""
    alive = _alive_range(now)
    return Worker.objects.filter(heard_at__range=alive).exists() or Job.objects.filter(stepped_at__range=alive).exists()


def waiting_reason(
    job: Job, now: datetime.datetime, *, is_worker_alive: Callable[[datetime.datetime], bool] = any_worker_alive
) -> str:
    """Returns why a queued job has no account yet, as a phrase. Empty for a job in any other state.

    A list of jobs passes a cached `is_worker_alive`, so that it asks the database once.
    """
    if job.state != Job.State.QUEUED:
        return ""
    if ago(job.created_at, now) > PATIENCE and (fault := disk.shortage_of_database()):
        return fault
    if ago(job.created_at, now) > PATIENCE and not is_worker_alive(now):
        return NONE_RUNNING
    return "waiting for a worker"


def stall_reason(job: Job, now: datetime.datetime) -> str:
    """Returns why a running job or removal makes no step, as a phrase. Empty if any job made one lately."""
    began_at = job.removal_began_at or job.started_at or now
    if job.state not in {Job.State.RUNNING, Job.State.REMOVING} or ago(began_at, now) <= PATIENCE:
        return ""
    if Job.objects.filter(stepped_at__range=(now - PATIENCE, now + CLOCKS_DIFFER)).exists():
        return ""
    return disk.shortage_of_database() or ("the worker's log says why" if any_worker_alive(now) else NONE_RUNNING)


def _alive_range(now: datetime.datetime) -> tuple[datetime.datetime, datetime.datetime]:
    return now - SILENT_AFTER, now + CLOCKS_DIFFER


def _latest(field: str, now: datetime.datetime) -> datetime.datetime | None:
    """Returns the latest value up to a minute ahead."""
    written = Worker.objects.filter(**{f"{field}__lte": now + CLOCKS_DIFFER})
    latest: datetime.datetime | None = written.aggregate(latest=Max(field))["latest"]
    return latest
