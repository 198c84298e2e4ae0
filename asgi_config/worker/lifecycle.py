"""Signal handlers for the start and end of a worker, and of beat, alone or in a worker (`celery worker -B`)."""

import logging
import os
import signal
from functools import cache
from threading import Thread
from typing import Any

from celery.signals import beat_embedded_init, beat_init, celeryd_after_setup, worker_ready, worker_shutting_down

from asgi_config.celery import app
from asgi_config.live import parent_death
from task.workers import shutdown

WORKER_PID = os.getpid()  # also in a worker's own beat, which is forked

logger = logging.getLogger(__name__)


@beat_embedded_init.connect
def end_beat_with_worker(**kwargs: Any) -> None:
    """Celery ends its pool with the worker, but not the beat process that the worker forks."""
    parent_death.end_with(WORKER_PID)


@worker_ready.connect
def end_worker_with_beat(sender: Any, **kwargs: Any) -> None:
    """A worker whose own beat ended would go on, and lost messages would never be redelivered."""
    if sender.controller.beat:
        _watch_beat(sender.controller.beat)


@celeryd_after_setup.connect
def set_pool_size(instance: Any, **kwargs: Any) -> None:
    """Puts the size into the environment for the heartbeat, and for the pool processes, which record it too."""
    os.environ["ARRIVALS_POOL_PROCESSES"] = str(instance.concurrency or 1)


@worker_ready.connect
def request_rescue(**kwargs: Any) -> None:
    """Requests a rescue now instead of at beat's next tick, so that new jobs use this worker's whole pool."""
    app.send_task("task.tasks.rescue_jobs", expires=60)


@beat_init.connect
@worker_ready.connect
def notify_live(**kwargs: Any) -> None:
    """Writes a byte to `live`'s pipe, and only once: after a reconnect the number may belong to another file."""
    if ready := os.environ.pop("ARRIVALS_READY_FD", None):
        os.write(int(ready), b".")
        os.close(int(ready))


@worker_shutting_down.connect
def stop_after_step(**kwargs: Any) -> None:
    """Ends a slice after its current step, not after its 2 s. Another worker takes the rest."""
    shutdown.request()


@cache
def _watch_beat(beat: Any) -> None:
    """Cached because worker_ready fires again on reconnect."""
    Thread(target=_stop_after, args=[beat], name="beat watch", daemon=True).start()


def _stop_after(beat: Any) -> None:
    """Stops the worker when its own beat ends. The service manager restarts both."""
    beat.join()
    if not shutdown.is_requested():
        logger.error("Beat ended; stopping the worker because lost messages would not be redelivered without beat.")
        os.kill(os.getpid(), signal.SIGTERM)
