"""Jobs as JSON, as their reader may see them: a page of them costs one query more than its rows."""

import datetime
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db.models import Count
from django.utils import timezone

from task.events import wire_time
from task.models import Account, Job
from task.workers import registry


def job_shown(job: Job, reader: Any) -> dict[str, Any]:
    return jobs_shown([job], reader)[0]


def jobs_shown(jobs: Sequence[Job], reader: Any) -> list[dict[str, Any]]:
    """Requesters and seeds only to who may see users. Accounts are counted only where a removal has begun."""
    now, is_worker_alive = timezone.now(), cache(registry.any_worker_alive)
    left = _accounts_left([job.pk for job in jobs if job.removal_began_at])
    may_see_names = reader.has_perm("auth.view_user")
    return [
        {
            "id": job.pk,
            "state": job.state,
            "total": job.total,
            "created": job.created,
            "removed": job.created - left.get(job.pk, 0) if job.removal_began_at else 0,
            "requested_by": job.requested_by.get_username() if job.requested_by and may_see_names else None,
            "options": _chosen(job, may_see_names=may_see_names),
            **{name: _time(getattr(job, name)) for name in _MOMENTS},
            "error": job.error,
            "waiting": registry.waiting_reason(job, now, is_worker_alive=is_worker_alive),
        }
        for job in jobs
    ]


_MOMENTS = ("created_at", "started_at", "finished_at", "remove_at", "removal_began_at", "removed_at")


def _chosen(job: Job, *, may_see_names: bool) -> dict[str, Any]:
    """With the seed that the names come from, whoever chose it: so it goes only to who may see them."""
    return job.options.stored() | {"seed": job.seed if may_see_names else None}


def _time(moment: datetime.datetime | None) -> str | None:
    return wire_time(moment) if moment else None


def _accounts_left(job_ids: Sequence[int]) -> dict[int, int]:
    if not job_ids:
        return {}
    counted = Account.objects.filter(job__in=job_ids).values("job").annotate(number=Count("*")).order_by()
    return dict(counted.values_list("job", "number"))
