"""A command in somebody's terminal: one line for each error, the same exit codes everywhere, never a traceback."""

import json
import logging
import os
import re
import signal
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError

from task.jobs.actions import ActionResult, WrongState
from task.models import Job
from task.terminal.database import sentence_of

REFUSED = 1
CANNOT = 2
INTERRUPTED = 130
QUEUE_AWAY = "The queue cannot be reached just now; the job starts by itself when it is back."
NO_SERVICE = "No service is running that this terminal knows of: start `make run` in another one, or set REDIS_URL."


class TerminalCommand(BaseCommand):
    """Ends with 0 for done, REFUSED, CANNOT or INTERRUPTED; `exit_codes` says it in the help."""

    requires_system_checks = ()
    exit_codes = "0: it is so now, or was so already; 1: the state of the job does not allow it; 2: it cannot be done."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, epilog=f"Exit codes: {self.exit_codes}", **kwargs)

    def execute(self, *args: Any, **options: Any) -> str | None:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # for names that the terminal's encoding does not have
        try:
            with _quiet_logs(options["verbosity"]), _ended_by_sigterm():
                said: str | None = super().execute(*args, **options)
                self.stdout.flush()
                return said
        except BrokenPipeError:
            nobody_reads()
            return None
        except KeyboardInterrupt:
            self.stderr.write("\nInterrupted." if self.stderr.isatty() else "Interrupted.", str)
            sys.exit(INTERRUPTED)
        except (DatabaseError, InterfaceError) as error:
            raise CommandError(sentence_of(error), returncode=CANNOT) from error

    def write_json(self, job: Job, **more: Any) -> None:
        found = {"job": job.pk, "state": job.state, "created": job.created, "total": job.total, **more}
        self.stdout.write(json.dumps(found))

    def steer(self, act: Callable[..., ActionResult], job_id: int) -> ActionResult:
        try:
            steered = act(job_id=job_id)
        except Job.DoesNotExist as error:
            raise no_such_job(job_id) from error
        except WrongState as error:
            raise CommandError(str(error), returncode=REFUSED) from error
        self.remark_on_queue(is_dispatched=steered.is_dispatched)
        return steered

    def remark_on_queue(self, *, is_dispatched: bool) -> None:
        """The job is safe in the database all the same."""
        if not is_dispatched:
            self.stderr.write(QUEUE_AWAY if settings.REDIS_URL else f"{QUEUE_AWAY} {NO_SERVICE}", str)


def add_job(parser: ArgumentParser) -> None:
    parser.add_argument("job", metavar="JOB", help="the number of the job")


def add_json(parser: ArgumentParser, what: str) -> None:
    parser.add_argument("--json", action="store_true", dest="as_json", help=what)


def whole(text: str, name: str) -> int:
    """Of a size that every database can compare; CommandError names the argument."""
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise CommandError(f"{name} is a whole number of at most 18 digits.", returncode=CANNOT)
    return int(text)


def job_of(text: str) -> Job:
    job_id = whole(text, "JOB")
    found = Job.objects.filter(pk=job_id).first()
    if found is None:
        raise no_such_job(job_id)
    return found


def user_named(username: str) -> Any:
    """None for an unknown one. A shell may lane over bytes that are no text, which no database takes."""
    model = get_user_model()
    is_text = username.isprintable()
    return model._default_manager.filter(**{model.USERNAME_FIELD: username}).first() if is_text else None


def no_such_job(job_id: int) -> CommandError:
    return CommandError(f"There is no job {job_id}.", returncode=CANNOT)


def nobody_reads() -> None:
    """Whoever read this output has enough of it; the interpreter must not flush into the pipe once more."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _quiet_logs(verbosity: int) -> Iterator[None]:
    """What a log would say of a Redis or a database that is away, a command says once, in a sentence of its own.

    `-v 2` shows both.
    """
    before = logging.root.manager.disable
    if verbosity < 2:
        logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM is as Ctrl-C; it must work where a shell started the command with SIGINT ignored, as with `&`."""
    if threading.current_thread() is not threading.main_thread():  # Python has no signals there
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
