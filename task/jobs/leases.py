"""Lane leases: claim, requeue and redeliver the one Celery message that may work on a lane.

A message works only while its id is the lane's `task_id`. Only the caller whose conditional UPDATE changes the row
sends the next message, so messages never multiply. Rescue sends the SAME id again: once one copy requeues, all are
stale.
"""

import datetime
import logging
from collections.abc import Sequence
from uuid import UUID, uuid4

from celery import current_app
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from realtime import log_context
from realtime.log import Clock
from task.database.clock_skew import CLOCKS_DIFFER, ago
from task.models import Act, Job, Lane

REQUEST = "arrivals_request"  # message header: the HTTP request that started the job, for the log
TASK = "task.tasks.create_random_user_accounts"  # by name, because the task's module is in a higher layer
FIRST_SIZE = 100  # 25 made 500 accounts 4 to 7 ms later
RESCUE_AFTER = datetime.timedelta(seconds=5)
RESEND_AFTER = datetime.timedelta(seconds=0.2)
MOST_DOUBLINGS = 6
MOST_ATTEMPTS = 5
HOPELESS_AFTER = datetime.timedelta(seconds=30)
HOPELESS_RESCUES = 3  # 5 + 10 + 20 s: holds even if the clock was set back since the last step

logger = logging.getLogger(__name__)


def dispatch(job_id: int, task_id: UUID, *, size: int = FIRST_SIZE) -> bool:
    """Sends the lane's message, with `size` as its first step. Call it after the commit.

    Returns False, and logs a warning, if the queue is unreachable.
    """
    request = log_context.fields().get("request")
    headers = {REQUEST: request} if request else None
    try:
        current_app.send_task(TASK, kwargs={"job": job_id, "size": size}, task_id=str(task_id), headers=headers)
    except Exception as error:
        logger.warning("The queue is unreachable; job %s waits for the next rescue: %r", job_id, error)
        return False
    return True


def dispatch_all(job_id: int, task_ids: Sequence[UUID]) -> bool:
    """Sends a message for each lane. Returns False after the first that fails, and leaves the rest to rescue."""
    return all(dispatch(job_id, task_id) for task_id in task_ids)


def claim(*, job_id: int, task_id: UUID, clock: Clock = timezone.now) -> Lane | None:
    """Counts an attempt and returns the lane with its job. Returns None for a stale message or an ended job."""
    mine = Lane.objects.filter(job=job_id, task_id=task_id, job__state__in=Job.AT_WORK)
    if not mine.update(attempts=F("attempts") + 1, seen_at=clock(), is_waiting=False):
        return None
    return mine.select_related("job").first()


def take_over(lane: Lane, *, clock: Clock = timezone.now) -> Lane | None:
    """Claims a waiting lane without its message, which becomes stale. Returns None if another worker was faster."""
    waiting, successor = Lane.objects.filter(pk=lane.pk, task_id=lane.task_id, is_waiting=True), uuid4()
    if not waiting.update(task_id=successor):
        return None
    return claim(job_id=lane.job_id, task_id=successor, clock=clock)


def refund_attempt(*, job_id: int, task_id: UUID) -> None:
    """Uncounts an attempt that ended because the database failed; the next rescue comes soon.

    So a job survives a database that is away or full for any time. Only workers that die without an error use up
    attempts.
    """
    mine = Lane.objects.filter(job=job_id, task_id=task_id, attempts__gt=0)
    mine.update(attempts=F("attempts") - 1, rescues=0)


def is_worn_out(lane: Lane) -> bool:
    """Returns whether too many attempts in a row made no step: only rescue, which is slower, may try again."""
    return lane.attempts > MOST_ATTEMPTS


def is_hopeless(lane: Lane, now: datetime.datetime) -> bool:
    """Returns whether a stalled lane should fail its job: five attempts without a step, and long after its last sign.

    The time matters because copies of one message that waited in the queue together start in the same moment: that is
    five attempts, all alive.
    """
    if lane.attempts < MOST_ATTEMPTS:
        return False
    job = lane.job
    requested_at = job.acts.filter(kind__in=Act.ASKING).aggregate(last=Max("at"))["last"]
    last_at = max(at for at in (job.created_at, job.stepped_at, requested_at) if at)
    return now - last_at > HOPELESS_AFTER or lane.rescues >= HOPELESS_RESCUES


def requeue(*, job_id: int, task_id: UUID, size: int, clock: Clock = timezone.now) -> None:
    """Passes the lane to a new message at the back of the queue, if `task_id` still holds it."""
    successor = uuid4()
    mine = Lane.objects.filter(job=job_id, task_id=task_id)
    if mine.update(task_id=successor, seen_at=clock(), is_waiting=True):
        dispatch(job_id, successor, size=size)


def stalled(now: datetime.datetime) -> list[Lane]:
    """Returns the lanes, with their jobs, that were silent for so long that their message may be lost.

    The time doubles with each rescue in vain, so nothing piles up behind a long queue. On PostgreSQL skips lanes that
    are locked by a step: waiting for one frozen process would keep rescue from all others.
    """
    is_long_ago = Q(seen_at__lte=now - RESCUE_AFTER) | Q(seen_at__gt=now + CLOCKS_DIFFER)
    lanes = Lane.objects.filter(is_long_ago, job__state__in=Job.AT_WORK).select_related("job")
    with transaction.atomic():
        return [
            lane
            for lane in lanes.order_by("seen_at").select_for_update(skip_locked=True, of=("self",))
            if _is_silent(lane, now, RESCUE_AFTER)
        ]


def resend_unclaimed(job: Job, now: datetime.datetime) -> bool:
    """Redelivers the messages of a queued job that no worker has claimed. Returns False if the queue is unreachable.

    For a request that is repeated because its answer was lost: the web process may have died before it sent the
    messages, and the rescue came 8.5 s later. The pause doubles each time, so repeats cannot flood the queue.
    """
    waiting = job.lanes.filter(attempts=0) if job.state == Job.State.QUEUED else []
    return all(redeliver(lane, now) for lane in waiting if _is_silent(lane, now, RESEND_AFTER))


def redeliver(lane: Lane, now: datetime.datetime) -> bool:
    """Sends the lane's message again, unless the lane has moved on. Returns False if the queue is unreachable."""
    same = Lane.objects.filter(pk=lane.pk, task_id=lane.task_id, seen_at=lane.seen_at)
    if not same.update(seen_at=now, rescues=F("rescues") + 1, is_waiting=True):
        return True
    if dispatch(lane.job_id, lane.task_id):
        return True
    Lane.objects.filter(pk=lane.pk, task_id=lane.task_id).update(rescues=lane.rescues)
    return False


def _is_silent(lane: Lane, now: datetime.datetime, after: datetime.timedelta) -> bool:
    pause = after * 2 ** min(lane.rescues, MOST_DOUBLINGS)
    return bool(ago(lane.seen_at, now) >= pause)
