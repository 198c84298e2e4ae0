"""The rescue, which beat sends every few seconds: replaces lost messages and starts removals that are due."""

import datetime
import logging

from django.db import connection
from django.utils import timezone

from task.database.errors import UNAVAILABLE
from task.jobs import actions, leases
from task.workers import registry

logger = logging.getLogger(__name__)


def rescue(*, worker: str = "", processes: int = 1, is_beats: bool = False) -> int:
    """Redelivers the message of every stalled lane, and fails jobs whose lanes die each time. Returns their number.

    Before that, records the worker's heartbeat and starts the removals that are due. At the end, with `is_beats`,
    records that a rescue of beat is complete. Safe to repeat. A database error ends the rescue with a warning.
    """
    now, rescued = timezone.now(), 0
    try:
        registry.record_heartbeat(worker, now, processes=processes)
        actions.remove_expired(now)
        rescued = _rescue_stalled_lanes(now)
        if is_beats:
            registry.record_rescue(worker, now)
    except UNAVAILABLE as error:
        connection.close()
        logger.warning("Rescue failed; beat sends the next one in a few seconds: %r", error)
    return rescued


def _rescue_stalled_lanes(now: datetime.datetime) -> int:
    lanes = leases.stalled(now)
    for lane in lanes:
        if leases.is_hopeless(lane, now):
            actions.give_up(lane)
        elif not leases.redeliver(lane, now):
            break
    return len(lanes)
