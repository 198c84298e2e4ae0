"""One step of a job: makes some of its accounts in one transaction. Lock order: job, lane, feed.

The job's row is the only state of the work. However often steps are repeated, and whatever is killed, a job of N
accounts ends with exactly N.
"""

import datetime
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from realtime.log import Clock
from task.accounts import insert
from task.accounts.insert import Candidate
from task.jobs.feed import job_event, not_before, publish_last
from task.models import Job, Lane


def step(
    *, job_id: int, task_id: UUID, candidates: Sequence[Candidate], first: int, clock: Clock = timezone.now
) -> Lane | None:
    """Makes accounts of the candidates, up to what the lane lacks; returns the lane with its job.

    Returns None if the message `task_id` no longer holds the lane or the job is not active. `first` is the lane's
    `tried` when the candidates were prepared; they are ignored if it has changed. ONE transaction commits the users,
    the accounts, their events, the counts, and with the last account the state `finished` and its event.
    """
    with transaction.atomic(durable=True):
        job = Job.objects.select_for_update().filter(pk=job_id, state__in=Job.ACTIVE).first()
        lane = Lane.objects.select_for_update().filter(job=job_id, task_id=task_id).first()
        if job is None or lane is None:
            return None
        now = clock()
        lane.job, lane.seen_at, lane.attempts, lane.rescues = job, now, 0, 0
        if lane.tried == first:
            _make_accounts(lane, candidates[: lane.share - lane.made], not_before(job, now))
        lane.save(update_fields=["seen_at", "attempts", "rescues", "made", "tried"])
        if lane.is_done:
            Lane.objects.filter(pk=lane.pk).delete()
    return lane


def _make_accounts(lane: Lane, candidates: Sequence[Candidate], now: datetime.datetime) -> None:
    """Inserts the accounts, updates the counts of lane and job, and publishes the events; saves only the job."""
    job = lane.job
    texts: list[str] = []
    if job.state == Job.State.QUEUED:
        job.state, job.started_at = Job.State.RUNNING, now
        texts.append(job_event(job, "started"))
    made = insert.insert_accounts(job, candidates, now=now)
    texts += made
    lane.made += len(made)
    lane.tried += len(candidates)
    job.created += len(made)
    job.stepped_at = now
    if job.created == job.total:
        job.state, job.finished_at = Job.State.FINISHED, now
        texts.append(job_event(job))
    job.save(update_fields=["created", "state", "started_at", "stepped_at", "finished_at"])
    publish_last(job, texts, at=now)
