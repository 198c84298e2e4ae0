"""Jobs as JSON, limited to what the reader may see. The number of queries does not grow with the page."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db.models import Count
from django.utils import timezone

from task.events import wire_time
from task.models import Account, Job
from task.workers import registry

TIMES = ("created_at", "started_at", "finished_at", "remove_at", "removal_began_at", "removed_at")


def job_shown(job: Job, reader: Any) -> dict[str, Any]:
    return jobs_shown([job], reader)[0]


def jobs_shown(jobs: Sequence[Job], reader: Any) -> list[dict[str, Any]]:
    """Hides requesters and seeds from readers without `auth.view_user`. Counts accounts only after a removal began."""
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
            # the names derive from the seed, also from a generated one
            "options": job.options.stored() | {"seed": job.seed if may_see_names else None},
            **{name: wire_time(at) if (at := getattr(job, name)) else None for name in TIMES},
            "error": job.error,
            "waiting": registry.waiting_reason(job, now, is_worker_alive=is_worker_alive),
        }
        for job in jobs
    ]


def _accounts_left(job_ids: Sequence[int]) -> dict[int, int]:
    if not job_ids:
        return {}
    counted = Account.objects.filter(job__in=job_ids).values("job").annotate(number=Count("*")).order_by()
    return dict(counted.values_list("job", "number"))
