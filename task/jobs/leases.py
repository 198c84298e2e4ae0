"""Lanes: the one Celery message that may work on a lane, how it is handed on, and how a vanished one is replaced.

Lanes never multiply: a message works only while its id stands in the Lane row, and whoever changes the row by a
conditional UPDATE is the only one to send the next message. Rescue sends the SAME id again, so repeats end at once.
"""

import datetime
import logging
from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

from celery import current_app
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from realtime import log_context
from task.database.clock_skew import CLOCKS_DIFFER, ago
from task.models import Act, Job, Lane

Clock = Callable[[], datetime.datetime]

REQUEST = "arrivals_request"  # a header of the message: which request all this began with, for the log
TASK = "task.tasks.create_random_user_accounts"
FIRST_SIZE = 100  # 25 made 500 accounts 4 to 7 ms later
RESCUE_AFTER = datetime.timedelta(seconds=5)
MOST_DOUBLINGS = 6
MOST_ATTEMPTS = 5
HOPELESS_AFTER = datetime.timedelta(seconds=30)
HOPELESS_RESCUES = 3  # 5 + 10 + 20 s, told without a clock that may have gone back since the last step.

logger = logging.getLogger(__name__)


def dispatch(job_id: int, task_id: UUID, *, size: int = FIRST_SIZE) -> bool:
    """Put the lane's message into the queue; False, with a warning, where the queue cannot be reached.

    Call it after the commit. By name, because the task's module stands above this one.
    """
    headers = {REQUEST: log_context.fields()["request"]} if "request" in log_context.fields() else None
    try:
        current_app.send_task(TASK, kwargs={"job": job_id, "size": size}, task_id=str(task_id), headers=headers)
    except Exception as error:
        logger.warning("The queue cannot be reached; job %s waits for the rescue: %r", job_id, error)
        return False
    return True


def dispatch_all(job_id: int, task_ids: Sequence[UUID]) -> bool:
    """The same for every lane; once the queue is found away, the rest is left to the rescue as well."""
    return all(dispatch(job_id, task_id) for task_id in task_ids)


def claim(*, job_id: int, task_id: UUID, clock: Clock = timezone.now) -> Lane | None:
    """Count this start and return the lane; None for a stale message and for a job that has ended."""
    mine = Lane.objects.filter(job=job_id, task_id=task_id, job__state__in=Job.AT_WORK)
    if not mine.update(attempts=F("attempts") + 1, seen_at=clock()):
        return None
    return mine.select_related("job").first()


def refund_attempt(*, job_id: int, task_id: UUID) -> None:
    """Take back the count of a start that ended because the database failed; the rescue looks again soon.

    So a database that is away, or full, for however long fails no job: only lanes that die without a word do.
    """
    mine = Lane.objects.filter(job=job_id, task_id=task_id, attempts__gt=0)
    mine.update(attempts=F("attempts") - 1, rescues=0)


def is_worn_out(lane: Lane) -> bool:
    """Whether so many starts in a row made no step that the lane is left to the rescue, which goes slower."""
    return lane.attempts > MOST_ATTEMPTS


def is_hopeless(lane: Lane, now: datetime.datetime) -> bool:
    """Whether the job should fail: five starts in a row without a step, and long after its last step and its asking.

    For silent lanes only. Copies of one message that waited side by side, as while no worker took from the queue, begin
    in the same moment: five starts, and all of them alive.
    """
    if lane.attempts < MOST_ATTEMPTS:
        return False
    job = lane.job
    asked_at = job.acts.filter(kind__in=Act.ASKING).aggregate(last=Max("at"))["last"]
    last_at = max(at for at in (job.created_at, job.stepped_at, asked_at) if at)
    return now - last_at > HOPELESS_AFTER or lane.rescues >= HOPELESS_RESCUES


def requeue(*, job_id: int, task_id: UUID, size: int, clock: Clock = timezone.now) -> None:
    """Give the lane to a new message at the back of the queue, if it is still this lane's to give."""
    successor = uuid4()
    if Lane.objects.filter(job=job_id, task_id=task_id).update(task_id=successor, seen_at=clock()):
        dispatch(job_id, successor, size=size)


def stalled(now: datetime.datetime) -> list[Lane]:
    """Lanes of jobs at work that were not heard from for so long that their message may be lost.

    Twice as long after each unanswered rescue: behind a long queue nothing piles up. On PostgreSQL without those that
    are in a step: a rescue that waited for one whose process is frozen would look after nobody else.
    """
    is_long_ago = Q(seen_at__lte=now - RESCUE_AFTER) | Q(seen_at__gt=now + CLOCKS_DIFFER)
    lanes = Lane.objects.filter(is_long_ago, job__state__in=Job.AT_WORK).select_related("job")
    with transaction.atomic():
        return [
            lane
            for lane in lanes.order_by("seen_at").select_for_update(skip_locked=True, of=("self",))
            if ago(lane.seen_at, now) >= RESCUE_AFTER * 2 ** min(lane.rescues, MOST_DOUBLINGS)
        ]


def redeliver(lane: Lane, now: datetime.datetime) -> bool:
    """Send the lane's message once more, unless it has moved on since; False where the queue cannot be reached."""
    same = Lane.objects.filter(pk=lane.pk, task_id=lane.task_id, seen_at=lane.seen_at)
    if not same.update(seen_at=now, rescues=F("rescues") + 1):
        return True
    if dispatch(lane.job_id, lane.task_id):
        return True
    Lane.objects.filter(pk=lane.pk, task_id=lane.task_id).update(rescues=lane.rescues)
    return False
