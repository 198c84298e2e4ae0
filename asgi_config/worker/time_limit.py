"""Celery's soft time limit interrupts a running task, and nothing else.

After a freeze of the whole worker, the limit of a task passes at once, and its signal may come when the task has just
ended. With billiard's own handler the idle pool process then ended with a traceback.
"""

import signal
from types import FrameType
from typing import Any

from billiard.pool import soft_timeout_sighandler
from celery.exceptions import SoftTimeLimitExceeded
from celery.signals import task_prerun

TASKS = ("asgi_config.tasks", "realtime.tasks", "task.tasks")


@task_prerun.connect
def replace_handler(**kwargs: Any) -> None:
    """Replaces billiard's handler, which a pool process installs after Celery's signal for its start."""
    if signal.getsignal(signal.SIGUSR1) is soft_timeout_sighandler:
        signal.signal(signal.SIGUSR1, interrupt_task)


def interrupt_task(number: int, frame: FrameType | None) -> None:
    while frame:
        if frame.f_globals.get("__name__") in TASKS:
            raise SoftTimeLimitExceeded
        frame = frame.f_back
