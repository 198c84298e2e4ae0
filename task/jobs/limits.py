"""How much one person may have: jobs at work, and jobs an hour. The shell is not limited."""

import datetime
import math
from typing import Any

from django.conf import settings

from task.database.clock_skew import CLOCKS_DIFFER
from task.jobs.persons import lock_user
from task.models import Job

HOUR = datetime.timedelta(hours=1)
RETRY_SECONDS = 10


class TooManyJobs(Exception):
    """The person has too many jobs; the text says which limit, `retry_after_seconds` when to ask again."""

    def __init__(self, reason: str, retry_after_seconds: int) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


def lock(person: Any) -> None:
    """Let nobody else ask for jobs as this person until the transaction ends: of many requests none slips through.

    Raises PermissionDenied for a person who was deleted meanwhile.
    """
    lock_user(person)


def require_room(person: Any, now: datetime.datetime) -> None:
    """Raise TooManyJobs unless the person, who is locked, may ask for one more."""
    if person is None:
        return
    own = Job.objects.filter(requested_by=person)
    if own.filter(state__in=Job.ACTIVE).count() >= settings.JOBS_AT_WORK_MAX:
        raise TooManyJobs(
            f"You have {settings.JOBS_AT_WORK_MAX} jobs at work, which is the most: wait until one has ended, or "
            "cancel one.",
            RETRY_SECONDS,
        )
    lately = own.filter(created_at__gt=now - HOUR, created_at__lt=now + CLOCKS_DIFFER).order_by("-created_at")
    oldest = lately.values_list("created_at", flat=True)[settings.JOBS_AN_HOUR_MAX - 1 : settings.JOBS_AN_HOUR_MAX]
    for asked_at in oldest:
        seconds = math.ceil((asked_at + HOUR - now).total_seconds())
        raise TooManyJobs(
            f"You asked for {settings.JOBS_AN_HOUR_MAX} jobs within the hour, which is the most: ask again in "
            f"{math.ceil(seconds / 60)} min.",
            seconds,
        )
