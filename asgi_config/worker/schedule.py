"""Beat's schedule, which keeps working after the clock was set back."""

import datetime

from celery.schedules import schedule


class Every(schedule):
    """Is due every so many seconds, and at once if the last run lies in the future.

    Celery's own schedule waits until the clock reaches the last run again: after the clock went back by an hour no
    rescue ran for an hour. A restart does not help, because the last run is in beat's file.
    """

    def remaining_estimate(self, last_run_at: datetime.datetime) -> datetime.timedelta:
        remaining: datetime.timedelta = super().remaining_estimate(last_run_at)
        return remaining if remaining.total_seconds() <= self.seconds else datetime.timedelta(0)
