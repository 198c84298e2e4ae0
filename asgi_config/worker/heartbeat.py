"""What a Celery worker does beside its work: it says that it lives and what it counted, and traces its log lines.

Connected when Django's apps are ready, as asgi_config.celery is loaded before there are models.
"""

import logging
import os
import time
from typing import Any

from celery.signals import after_setup_logger, after_setup_task_logger, heartbeat_sent, task_postrun, task_prerun
from django.conf import settings
from django.db import Error, connection
from django.utils import timezone
from django.utils.module_loading import import_string

from asgi_config.logs.duplicates import DuplicateFilter
from realtime import log_context
from task.database import lock_timeout
from task.jobs import leases
from task.workers import registry
from task.workers.counters import counters

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
        with lock_timeout.short():
            registry.record_heartbeat(sender.eventer.hostname, timezone.now(), processes=processes)
    except Error as error:
        logger.info("The word of this worker is not written this time: %r", error)
    finally:
        connection.close()


@task_postrun.connect
def tell_what_was_counted(task: Any, **kwargs: Any) -> None:
    counters.flush(task.request.hostname or "")


@task_prerun.connect
def trace_task(task_id: str, task: Any, kwargs: dict[str, Any] | None = None, **_: Any) -> None:
    """The request comes with the message, from the click or from the lane before; old messages have none."""
    of_message = task.request.headers or {}
    log_context.replace(request=of_message.get(leases.REQUEST), job=(kwargs or {}).get("job"), task=task_id)


@after_setup_logger.connect
@after_setup_task_logger.connect
def write_lines_as_the_web_does(logger: logging.Logger, **kwargs: Any) -> None:
    """LOG_LEVEL goes before Celery's own `-l` where it is set, so that one setting is enough for all processes."""
    if "LOG_LEVEL" in os.environ:
        logger.setLevel(settings.LOG_LEVEL)
    for handler in logger.handlers:
        handler.setFormatter(import_string(settings.LINES)())
        handler.addFilter(DuplicateFilter())
