"""Places at which a process of a service ends by SIGKILL, as a test asks by a file of the place's name.

Only signals of Celery and Django are used, so that the code under test is the shipped one.
"""

import os
import signal
from pathlib import Path
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.db.backends.signals import connection_created

LANES = "task.tasks.create_random_user_accounts"

BEFORE_LANE_OVER = "before-hand-over"  # the lane's row is changed, its next message is not sent
BEFORE_DISPATCH = "before-dispatch"  # the job is committed, its first message is not sent
BEFORE_HINT = "before-hint"  # a step is committed, nothing else is done
BEFORE_ACKNOWLEDGEMENT = "before-acknowledgement"  # the slice is over, its message is not acknowledged
AT_FIRST_INSERT = "at-first-insert"  # the lane of the job whose number is in the file


class _Now:
    """What this process of the pool does; nothing in a process that takes no tasks."""

    var_dir = Path()
    task = ""
    job = ""


def install(var_dir: Path) -> None:
    _Now.var_dir = var_dir
    task_prerun.connect(_begin)
    task_postrun.connect(_end)
    before_task_publish.connect(_publish)
    connection_created.connect(_watch)


def place(var_dir: Path, name: str) -> Path:
    return var_dir / f"die-{name}"


def die_before_hint() -> None:
    if _Now.job:
        _die_once(BEFORE_HINT)


def _begin(kwargs: Any = None, task: Any = None, **_: Any) -> None:
    _Now.task = task.name
    _Now.job = str(kwargs.get("job", "")) if task.name == LANES else ""


def _end(task: Any = None, **_: Any) -> None:
    if task.name == LANES:
        _die_once(BEFORE_ACKNOWLEDGEMENT)
    _Now.job = ""


def _publish(sender: str = "", **_: Any) -> None:
    if sender == LANES and _Now.job:
        _die_once(BEFORE_LANE_OVER)
    elif sender == LANES and not _Now.task:  # the rescue publishes, too
        _die_once(BEFORE_DISPATCH)


def _watch(connection: Any, **_: Any) -> None:
    connection.execute_wrappers.append(_execute)


def _execute(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    if _Now.job and "INSERT" in sql and "auth_user" in sql:
        file = place(_Now.var_dir, AT_FIRST_INSERT)
        if file.exists() and file.read_text() == _Now.job:
            os.kill(os.getpid(), signal.SIGKILL)
    return execute(sql, params, many, context)


def _die_once(name: str) -> None:
    """Only who takes the file away dies; the test sees by its absence that the strike has hit."""
    try:
        place(_Now.var_dir, name).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
