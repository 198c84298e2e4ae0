"""Deletes ended tokens, dead workers, requesters without jobs at work, and old jobs, in batches.

A batch is one transaction, so no other writer waits long. A run may be repeated or killed at any point. The next run
deletes what is left.
"""

import datetime
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from task.models import Account, DeletedJobTotals, Job, Requester, Token, Worker

ENDED_TOKENS_ARE_KEPT = datetime.timedelta(days=30)
DEAD_WORKERS_ARE_KEPT = datetime.timedelta(days=1)
BATCH_SIZE = 500
JOBS_AT_ONCE = 200
MOST_SECONDS = 4.0  # the hourly task deletes seven kinds of rows, and Celery ends it after 30 s


def clean_up(now: datetime.datetime) -> None:
    """Deletes tokens 30 days after their end, workers a day after their heartbeat, and jobs after JOBS_KEEP_DAYS.

    Also deletes the turns of people without a job at work.
    """
    ended = now - ENDED_TOKENS_ARE_KEPT
    delete_in_batches(Token.objects.filter(Q(expires_at__lt=ended) | Q(revoked_at__lt=ended)))
    delete_in_batches(Worker.objects.filter(heard_at__lt=now - DEAD_WORKERS_ARE_KEPT))
    at_work = Job.objects.filter(state__in=Job.AT_WORK)
    delete_in_batches(Requester.objects.exclude(key__in=at_work.values("requester_key")))
    if settings.JOBS_KEEP_DAYS:
        before = now - datetime.timedelta(days=settings.JOBS_KEEP_DAYS)
        _repeat(partial(delete_old_jobs, now, before=before), seconds=MOST_SECONDS)


def delete_in_batches(rows: QuerySet[Any], *, seconds: float = MOST_SECONDS) -> int:
    """Deletes the rows, BATCH_SIZE a transaction, for about so many seconds. Returns how many it tried.

    Each DELETE filters again, so a row that has changed meanwhile stays: a silent worker may have sent a heartbeat.
    """
    return _repeat(partial(_delete_batch, rows), seconds=seconds)


def delete_old_jobs(now: datetime.datetime, *, before: datetime.datetime) -> int:
    """Deletes at most JOBS_AT_ONCE old jobs with their audit log, in one transaction. Returns how many.

    A job is old if its accounts were removed before then, or if it ended before then without making any. A job stays
    while one of its accounts exists. DeletedJobTotals keeps the number of accounts that the jobs had made.
    """
    is_removed = Q(state=Job.State.REMOVED, removed_at__lt=before)
    made_none = Q(state__in=[Job.State.CANCELLED, Job.State.FAILED], created=0, finished_at__lt=before)
    with transaction.atomic(durable=True):
        old = Job.objects.select_for_update().filter(is_removed | made_none)
        keys = list(old.exclude(Exists(Account.objects.filter(job=OuterRef("pk")))).values_list("pk")[:JOBS_AT_ONCE])
        jobs = Job.objects.filter(pk__in=[key for (key,) in keys])
        if keys:
            accounts = jobs.aggregate(number=Sum("created"))["number"]
            DeletedJobTotals.objects.create(at=now, jobs=len(keys), accounts=accounts)
            jobs.delete()
    return len(keys)


def _repeat(delete_batch: Callable[[], int], *, seconds: float) -> int:
    """Deletes batches until one is empty or the time is over. Returns the sum of what they returned."""
    until, total = time.monotonic() + seconds, 0
    while number := delete_batch():
        total += number
        if time.monotonic() > until:
            break
    return total


def _delete_batch(rows: QuerySet[Any]) -> int:
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH_SIZE])
    if keys:
        with transaction.atomic(durable=True):
            rows.filter(pk__in=keys).delete()
    return len(keys)
