"""What is kept for how long: tokens that open no door any more, workers that are gone, jobs that left nothing."""

import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Sum

from task.jobs import portions
from task.models import Account, DeletedJobTotals, Job, Token, Worker

ENDED_TOKENS_ARE_KEPT = datetime.timedelta(days=30)
SILENT_WORKERS_ARE_KEPT = datetime.timedelta(days=1)
JOBS_AT_ONCE = 200


def tidy(now: datetime.datetime) -> None:
    """Safe to repeat, and to be killed at any point."""
    ended = now - ENDED_TOKENS_ARE_KEPT
    portions.delete(Token.objects.filter(Q(expires_at__lt=ended) | Q(revoked_at__lt=ended)))
    portions.delete(Worker.objects.filter(heard_at__lt=now - SILENT_WORKERS_ARE_KEPT))
    if settings.JOBS_KEEP_DAYS:
        before = now - datetime.timedelta(days=settings.JOBS_KEEP_DAYS)
        portions.repeat(partial(retire_jobs, now, before=before))


def retire_jobs(now: datetime.datetime, *, before: datetime.datetime) -> int:
    """Delete at most JOBS_AT_ONCE jobs with their records that were removed before then, or ended having made nothing.

    Returns how many went. A job that left an account behind, because somebody uses it, stays. What they had made stays
    counted.
    """
    is_removed = Q(state=Job.State.REMOVED, removed_at__lt=before)
    made_none = Q(state__in=[Job.State.CANCELLED, Job.State.FAILED], created=0, finished_at__lt=before)
    with transaction.atomic(durable=True):
        old = Job.objects.select_for_update().filter(is_removed | made_none)
        keys = list(old.exclude(Exists(Account.objects.filter(job=OuterRef("pk")))).values_list("pk")[:JOBS_AT_ONCE])
        gone = Job.objects.filter(pk__in=[key for (key,) in keys])
        if keys:
            accounts = gone.aggregate(number=Sum("created"))["number"]
            DeletedJobTotals.objects.create(at=now, jobs=len(keys), accounts=accounts)
            gone.delete()
    return len(keys)
