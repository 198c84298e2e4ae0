"""A schedule for beat that a clock which goes back does not stop."""

import datetime

from celery.schedules import schedule


class Every(schedule):
    """Each so many seconds.

    Celery's own says that the time has not come while the last run lies ahead: after a clock that went back by an hour
    there was no rescue for an hour. It also says so when beat starts anew, as the last run is in its file.
    """

    def remaining_estimate(self, last_run_at: datetime.datetime) -> datetime.timedelta:
        remaining: datetime.timedelta = super().remaining_estimate(last_run_at)
        return remaining if remaining.total_seconds() <= self.seconds else datetime.timedelta(0)
