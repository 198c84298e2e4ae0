"""How many jobs there are in each state, and how many accounts they made."""

from dataclasses import dataclass

from django.db.models import CharField, Count, Sum, Value

from task.models import DeletedJobTotals, Job


@dataclass(frozen=True, slots=True)
class JobCounts:
    by_state: dict[str, int]
    accounts: int


def count_jobs() -> JobCounts:
    """Reads the jobs and not the accounts. Accounts of jobs that were deleted since count as well.

    ONE statement: between two, housekeeping would move accounts from one to the other, and a count that only grows
    would seem to begin anew.
    """
    jobs = Job.objects.order_by().values_list("state").annotate(number=Count("*"), made=Sum("created"))
    none = Value("", output_field=CharField())
    retired = DeletedJobTotals.objects.values_list(none).annotate(number=Count("*"), made=Sum("accounts"))
    rows = list(jobs.union(retired, all=True))
    counts = {state: number for state, number, _ in rows}
    by_state = {state: counts.get(state, 0) for state in Job.State.values}
    return JobCounts(by_state, sum(int(made or 0) for _, _, made in rows))
