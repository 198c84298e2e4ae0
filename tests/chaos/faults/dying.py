"""Points in the code at which a process of a service kills itself with SIGKILL, if a file with the point's name exists.

Uses only signals of Celery and Django, so the code under test is the shipped code.
"""

import os
import signal
from pathlib import Path
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.db.backends.signals import connection_created

LANES = "task.tasks.create_random_user_accounts"

BEFORE_REQUEUE = "before-requeue"  # the lane's row is changed, its next message is not sent
BEFORE_DISPATCH = "before-dispatch"  # the job is committed, its first message is not sent
BEFORE_HINT = "before-hint"  # a step is committed, its hint is not sent
BEFORE_ACKNOWLEDGEMENT = "before-acknowledgement"  # the slice is over, its message is not acknowledged
AT_FIRST_INSERT = "at-first-insert"  # in a lane of the job whose id is in the file


class _Current:
    """The current task and job of this pool process; empty in a process that runs no tasks."""

    var_dir = Path()
    task = ""
    job = ""


def install(var_dir: Path) -> None:
    _Current.var_dir = var_dir
    task_prerun.connect(_begin)
    task_postrun.connect(_end)
    before_task_publish.connect(_publish)
    connection_created.connect(watch)


def watch(connection: Any, **_: Any) -> None:
    """Wraps the connection once: Django keeps the wrappers when it reconnects.

    One wrapper more for each of 2,800 requests ended in a RecursionError, and `/api/events` answered 500.
    """
    if _execute not in connection.execute_wrappers:
        connection.execute_wrappers.append(_execute)


def trigger_file(var_dir: Path, name: str) -> Path:
    return var_dir / f"die-{name}"


def die_before_hint() -> None:
    if _Current.job:
        _die_once(BEFORE_HINT)


def _begin(kwargs: Any = None, task: Any = None, **_: Any) -> None:
    _Current.task = task.name
    _Current.job = str(kwargs.get("job", "")) if task.name == LANES else ""


def _end(task: Any = None, **_: Any) -> None:
    if task.name == LANES:
        _die_once(BEFORE_ACKNOWLEDGEMENT)
    _Current.job = ""


def _publish(sender: str = "", **_: Any) -> None:
    if sender == LANES and _Current.job:
        _die_once(BEFORE_REQUEUE)
    elif sender == LANES and not _Current.task:  # a rescue task publishes, too
        _die_once(BEFORE_DISPATCH)


def _execute(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    if _Current.job and "INSERT" in sql and "auth_user" in sql:
        file = trigger_file(_Current.var_dir, AT_FIRST_INSERT)
        if file.exists() and file.read_text() == _Current.job:
            os.kill(os.getpid(), signal.SIGKILL)
    return execute(sql, params, many, context)


def _die_once(name: str) -> None:
    """Kills the one process that deletes the file. Its absence shows the test that the strike has hit."""
    try:
        trigger_file(_Current.var_dir, name).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
