"""What a clock has written that has gone back since, or that differs from another machine's. Pure."""

import datetime

CLOCKS_DIFFER = datetime.timedelta(minutes=1)


def ago(at: datetime.datetime, now: datetime.datetime) -> datetime.timedelta:
    """How long ago that was. What lies over a minute ahead was written before the clock went back: long ago.

    Else a lane that died just before would wait for its rescue until the clock is there again.
    """
    return datetime.timedelta.max if at > now + CLOCKS_DIFFER else now - at
