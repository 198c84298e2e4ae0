"""The Celery application: `celery -A asgi_config worker -l info`."""

import logging
import os
import signal
from functools import cache
from threading import Thread
from typing import Any

from celery import Celery
from celery.signals import beat_embedded_init, celeryd_after_setup, worker_ready, worker_shutting_down

from asgi_config.live import parent_death
from task.workers import shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_config.settings")

app = Celery("arrivals")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

STARTED_BY = os.getpid()

logger = logging.getLogger(__name__)


@beat_embedded_init.connect
def end_with_the_worker(**kwargs: Any) -> None:
    """Celery ties its pool to the worker's life, but not the beat that it forks."""
    parent_death.end_with(STARTED_BY)


@worker_ready.connect
def end_with_beat(sender: Any, **kwargs: Any) -> None:
    """Nor the other way round: without its beat a worker goes on, and no vanished lane is ever rescued."""
    if sender.controller.beat:
        _watch(sender.controller.beat)


@celeryd_after_setup.connect
def tell_the_pool_its_size(instance: Any, **kwargs: Any) -> None:
    """By the environment, which the pool's processes inherit: they tell it to the database with their housekeeping."""
    os.environ["ARRIVALS_POOL_PROCESSES"] = str(instance.concurrency or 1)


@worker_ready.connect
def be_heard(**kwargs: Any) -> None:
    """At once, and not only when beat comes round: a job that is asked now is shared among all of the pool."""
    app.send_task("task.tasks.rescue_jobs", expires=60)


@worker_ready.connect
def tell_live(**kwargs: Any) -> None:
    """Once: the signal comes again after each lost connection, when the number may mean another file."""
    if ready := os.environ.pop("ARRIVALS_READY_FD", None):
        os.write(int(ready), b".")
        os.close(int(ready))


@worker_shutting_down.connect
def end_at_the_next_step(**kwargs: Any) -> None:
    """Not after the two seconds of a slice: what is left goes to another worker."""
    shutdown.request()


@cache
def _watch(beat: Any) -> None:
    """Once: the signal comes again after each lost connection."""
    Thread(target=_end_after, args=[beat], name="the end of beat", daemon=True).start()


def _end_after(beat: Any) -> None:
    """Whoever started the worker starts it anew, and a new beat with it."""
    beat.join()
    if not shutdown.is_requested():
        logger.error("Beat has ended, so the worker ends, too: without beat no vanished message would be sent again.")
        os.kill(os.getpid(), signal.SIGTERM)
