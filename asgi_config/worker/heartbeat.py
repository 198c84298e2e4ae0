"""Signal handlers of a running worker: its heartbeat and counters in the database, and the context of its log lines."""

import logging
import os
import time
from typing import Any

from celery.signals import after_setup_logger, after_setup_task_logger, heartbeat_sent, task_postrun, task_prerun
from celery.utils.log import get_multiprocessing_logger
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

HEARTBEAT_SECONDS = 5.0

logger = logging.getLogger(__name__)


class _Last:
    heartbeat_at = float("-inf")  # monotonic


@heartbeat_sent.connect
def write_heartbeat(sender: Any, **kwargs: Any) -> None:
    """Records that this worker lives, even if it is idle: any worker may take beat's next message.

    Runs in the worker's main process, so it waits at most 0.1 s for locks. It closes its connection, so that pool
    processes inherit none.
    """
    if time.monotonic() < _Last.heartbeat_at + HEARTBEAT_SECONDS:
        return
    _Last.heartbeat_at = time.monotonic()
    processes = int(os.environ.get("ARRIVALS_POOL_PROCESSES", "1"))
    try:
        with lock_timeout.short():
            registry.record_heartbeat(sender.eventer.hostname, timezone.now(), processes=processes)
    except Error as error:
        logger.info("Heartbeat not written; the next one follows in 5 s: %r", error)
    finally:
        connection.close()


@task_postrun.connect
def write_counters(task: Any, **kwargs: Any) -> None:
    counters.flush(task.request.hostname or "")


@task_prerun.connect
def set_log_context(task_id: str, task: Any, kwargs: dict[str, Any] | None = None, **_: Any) -> None:
    """Takes the request id from the message's header. Messages of older releases have none."""
    headers = task.request.headers or {}
    log_context.replace(request=headers.get(leases.REQUEST), job=(kwargs or {}).get("job"), task=task_id)


@after_setup_logger.connect
@after_setup_task_logger.connect
def format_log_lines(logger: logging.Logger, **kwargs: Any) -> None:
    """Formats lines like the web process. LOG_LEVEL, if set, overrides `-l`, so one setting serves all processes."""
    if "LOG_LEVEL" in os.environ:
        logger.setLevel(settings.LOG_LEVEL)
    _format(logger)


@after_setup_logger.connect
def format_lines_of_pool(**kwargs: Any) -> None:
    """Formats billiard's lines, such as those about a killed pool process. Their level stays ERROR."""
    if logger := get_multiprocessing_logger():
        _format(logger)


def _format(logger: logging.Logger) -> None:
    for handler in logger.handlers:
        handler.setFormatter(import_string(settings.LINES)())
        handler.addFilter(DuplicateFilter())
