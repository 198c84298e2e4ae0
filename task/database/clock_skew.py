"""Ages of times that were written by a clock which was set back since, or by another machine's. Pure."""

import datetime

CLOCKS_DIFFER = datetime.timedelta(minutes=1)


def ago(at: datetime.datetime, now: datetime.datetime) -> datetime.timedelta:
    """Returns how long ago `at` was: for ever if it is over a minute ahead, because the clock was set back since.

    Otherwise a lane whose worker died before that would wait for its rescue until the clock is there again.
    """
    return datetime.timedelta.max if at > now + CLOCKS_DIFFER else now - at
