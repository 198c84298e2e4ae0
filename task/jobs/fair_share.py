"""Fair share: people get slices in turn, however many jobs and lanes each of them has.

The queue is in the order of its messages, and 20 jobs with full-strength hashes kept the light job of another person
waiting for 44 s. So a message only says that a worker is free. The worker then works on a lane of the person who was
served longest ago.
"""

from uuid import UUID

from task.jobs import leases
from task.models import Job, Lane, Requester


def claim(*, job_id: int, task_id: UUID, size: int) -> Lane | None:
    """Claims the lane of this message, or one of a person whose turn is earlier, and then requeues the message's.

    `size` is the message's. Returns None for a stale message or an ended job. Each take-over makes one message of the
    queue stale.
    """
    lane = leases.claim(job_id=job_id, task_id=task_id)
    if lane is None:
        return None
    first = _waiting_before(lane.job.requester_key)
    if first and (taken := leases.take_over(first)):
        leases.refund_attempt(job_id=job_id, task_id=task_id)
        leases.requeue(job_id=job_id, task_id=task_id, size=size)
        lane = taken
    _record_slice(lane.job.requester_key)
    return lane


def _waiting_before(key: str) -> Lane | None:
    """Returns the longest waiting lane of another person who was not served since this one, and longest ago of all.

    A person without a row was not served for long. Skips lanes that may be the cause of their workers' deaths.
    """
    waiting = Lane.objects.filter(is_waiting=True, attempts__lt=leases.MOST_ATTEMPTS, job__state__in=Job.AT_WORK)
    others = set(waiting.exclude(job__requester_key=key).values_list("job__requester_key", flat=True).distinct())
    if not others:
        return None
    slices = dict(Requester.objects.filter(key__in=[*others, key]).values_list("key", "last_slice"))
    first = min(others, key=lambda other: slices.get(other, 0))
    if slices.get(first, 0) > slices.get(key, 0):
        return None
    return waiting.filter(job__requester_key=first).order_by("seen_at").first()


def _record_slice(key: str) -> None:
    """Makes this person the one served last. Writes nothing if that is so already: a lone person costs no writes.

    A number and not a time, because the clocks of workers differ.
    """
    last = Requester.objects.order_by("-last_slice").first()
    if last is None or last.key != key:
        row = Requester(key=key, last_slice=1 + (last.last_slice if last else 0))
        Requester.objects.bulk_create([row], update_conflicts=True, unique_fields=["key"], update_fields=["last_slice"])
