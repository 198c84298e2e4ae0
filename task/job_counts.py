"""How many jobs there are in each state, and how many accounts they made."""

from dataclasses import dataclass

from django.db.models import Count, Sum

from task.models import Job, Retired


@dataclass(frozen=True, slots=True)
class JobCounts:
    by_state: dict[str, int]
    accounts: int


def count_jobs() -> JobCounts:
    """Reads the jobs and not the accounts. Accounts of jobs that were deleted since count as well."""
    retired = Retired.objects.aggregate(accounts=Sum("accounts"))["accounts"] or 0
    rows = list(Job.objects.order_by().values_list("state").annotate(number=Count("*"), made=Sum("created")))
    by_state = dict.fromkeys(Job.State.values, 0) | {state: number for state, number, _ in rows}
    return JobCounts(by_state, retired + sum(made for _, _, made in rows))
