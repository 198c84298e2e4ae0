"""Celery's soft time limit interrupts a task of ours, and nothing else."""

import signal
from collections.abc import Callable, Generator

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from asgi_config.celery import app
from asgi_config.worker.time_limit import TASKS, interrupt_task


def running_in(module: str) -> Callable[[], None]:
    """Returns a function of a module of that name, which gets the signal."""
    names = {"__name__": module, "signal": signal}
    exec("def run():\n    signal.raise_signal(signal.SIGUSR1)", names)
    return names["run"]  # type: ignore[return-value]


@pytest.fixture(autouse=True)
def _handler() -> Generator[None]:
    before = signal.signal(signal.SIGUSR1, interrupt_task)
    yield
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("module", TASKS)
def test_a_running_task_is_interrupted(module: str) -> None:
    with pytest.raises(SoftTimeLimitExceeded):
        running_in(module)()


def test_code_around_a_task_is_not_interrupted() -> None:
    running_in("celery.app.trace")()


def test_every_task_is_interrupted_without_a_traceback() -> None:
    app.loader.import_default_modules()
    own = [task for name, task in app.tasks.items() if not name.startswith("celery.")]
    assert {task.__module__ for task in own} == set(TASKS)
    assert all(SoftTimeLimitExceeded in task.throws for task in own)
