"""What beat has done every few seconds: vanished lanes are replaced, and jobs whose time has come are removed."""

import datetime
import logging

from django.db import connection
from django.utils import timezone

from task.jobs import actions, leases, slices
from task.workers import registry

logger = logging.getLogger(__name__)


def rescue(*, worker: str = "", processes: int = 1, is_beats: bool = False) -> int:
    """Send the message of every silent lane again, and fail the jobs whose lanes die each time; return how many.

    Writes that the worker of that name was heard from, begins the removals that are due, and where beat has sent this,
    writes at last that it is done.
    """
    now, rescued = timezone.now(), 0
    try:
        registry.note(worker, now, processes=processes)
        actions.remove_expired(now)
        rescued = _rescue(now)
        if is_beats:
            registry.note_rescue(worker, now)
    except slices.TRANSIENT as error:
        connection.close()
        logger.warning("No rescue this time: %r", error)
    return rescued


def _rescue(now: datetime.datetime) -> int:
    silent = leases.stalled(now)
    for lane in silent:
        if leases.is_hopeless(lane, now):
            actions.give_up(lane)
        elif not leases.redeliver(lane, now):
            break
    return len(silent)
