"""What a Celery worker tells the database beside its work: that it lives, and what its processes counted.

Connected when Django's apps are ready, as asgi_config.celery is loaded before there are models.
"""

import logging
import os
import time
from typing import Any

from celery.signals import heartbeat_sent, task_postrun
from django.db import Error, connection
from django.utils import timezone

from task import patience, workers
from task.tallies import tally

HEARD_EVERY_SECONDS = 5.0

logger = logging.getLogger(__name__)


class _Last:
    heard = float("-inf")


@heartbeat_sent.connect
def be_heard(sender: Any, **kwargs: Any) -> None:
    """Each worker for itself, also an idle one: of many, the one that takes beat's message is another each time.

    In the worker's main process, so it waits for nobody, and leaves no connection for the pool to inherit.
    """
    if time.monotonic() < _Last.heard + HEARD_EVERY_SECONDS:
        return
    _Last.heard = time.monotonic()
    processes = int(os.environ.get("ARRIVALS_POOL_PROCESSES", "1"))
    try:
        with patience.short():
            workers.note(sender.eventer.hostname, timezone.now(), processes=processes)
    except Error as error:
        logger.info("The word of this worker is not written this time: %r", error)
    finally:
        connection.close()


@task_postrun.connect
def tell_what_was_counted(task: Any, **kwargs: Any) -> None:
    tally.tell(task.request.hostname or "")
