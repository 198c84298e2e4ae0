"""The base of the terminal commands: one line for each error, the same exit codes everywhere, never a traceback."""

import json
import logging
import os
import re
import signal
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.db import DatabaseError, InterfaceError

from realtime.printable import printable, printable_lines
from task.database.errors import describe
from task.jobs.actions import WrongState
from task.jobs.credentials import NoCredentials
from task.jobs.start import UnusableTotal
from task.models import Job
from task.options import UnusableOption

REFUSED = 1
CANNOT = 2
INTERRUPTED = 130
REFUSALS = (WrongState, NoCredentials)
UNUSABLE = (UnusableTotal, UnusableOption, Job.DoesNotExist)
QUEUE_AWAY = "The queue is unavailable: {}. The job is saved and starts when the queue is back."
NO_SERVICE = "No running service found: start `make run` in another terminal, or set its VAR_DIR or REDIS_URL."


class PrintableOutput(OutputWrapper):
    """Escapes control characters, for example in usernames, because a terminal would obey them."""

    def write(self, msg: str = "", *style_and_ending: Any, **named: Any) -> None:  # type: ignore[override]
        super().write(printable_lines(msg), *style_and_ending, **named)


class TerminalCommand(BaseCommand):
    """Ends with 0, REFUSED, CANNOT or INTERRUPTED; the help shows `exit_codes`. Turns domain errors into CommandError.

    Shell commands skip permissions and are logged without a user.
    """

    requires_system_checks = ()
    exit_codes = "0: done, or done before; 1: the state of the job does not allow it; 2: error."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Leaves a stdout that is no terminal as it is, because another program reads it."""
        super().__init__(*args, **kwargs)
        self.stderr = _printable_output(self.stderr)
        if self.stdout.isatty():
            self.stdout = _printable_output(self.stdout)

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, epilog=f"Exit codes: {self.exit_codes}", **kwargs)

    def execute(self, *args: Any, **options: Any) -> str | None:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # for names that the terminal's encoding lacks
        try:
            with _quiet_logs(options["verbosity"]), _interrupted_by_sigterm():
                output: str | None = super().execute(*args, **options)
                self.stdout.flush()
                return output
        except BrokenPipeError:
            discard_stdout()
            return None
        except KeyboardInterrupt:
            self.stderr.write("\nInterrupted." if self.stderr.isatty() else "Interrupted.", str)
            sys.exit(INTERRUPTED)
        except REFUSALS as error:
            raise CommandError(str(error), returncode=REFUSED) from error
        except UNUSABLE as error:
            raise CommandError(str(error), returncode=CANNOT) from error
        except (DatabaseError, InterfaceError) as error:
            raise CommandError(describe(error), returncode=CANNOT) from error

    def write_json(self, job: Job, **more: Any) -> None:
        found = {"job": job.pk, "state": job.state, "created": job.created, "total": job.total, **more}
        self.stdout.write(json.dumps(found))

    def warn_of_queue(self, fault: str) -> None:
        if fault:
            sentence = QUEUE_AWAY.format(fault)
            self.stderr.write(sentence if settings.REDIS_URL else f"{sentence} {NO_SERVICE}", str)


def add_job_argument(parser: ArgumentParser) -> None:
    parser.add_argument("job", metavar="JOB", help="number of the job")


def add_json_option(parser: ArgumentParser, what: str) -> None:
    parser.add_argument("--json", action="store_true", dest="as_json", help=f"print {what}")


def whole_number(text: str, name: str) -> int:
    """Raises CommandError with the argument's name. 18 digits fit into every database's integers."""
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise CommandError(f"{name} must be a whole number of at most 18 digits.", returncode=CANNOT)
    return int(text)


def optional_whole_number(text: str | None, name: str) -> int | None:
    return None if text is None else whole_number(text, name)


def find_job(text: str) -> Job:
    """Raises CommandError for a text that is no number, and for an unknown job."""
    job_id = whole_number(text, "JOB")
    found = Job.objects.filter(pk=job_id).first()
    if found is None:
        raise CommandError(f"There is no job {job_id}.", returncode=CANNOT)
    return found


def find_user(username: str) -> Any:
    """Raises CommandError for an unknown user."""
    model = get_user_model()
    found = None
    if username.isprintable():  # a shell may pass bytes that are not text, and no database accepts these
        found = model._default_manager.filter(**{model.USERNAME_FIELD: username}).first()
    if found is None:
        raise CommandError(f"There is no user {printable(username)}.", returncode=CANNOT)
    return found


def discard_stdout() -> None:
    """Call it after a BrokenPipeError, or the interpreter raises another one when it flushes stdout at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _printable_output(output: Any) -> PrintableOutput:
    made = PrintableOutput(output._out)
    made.style_func = output.style_func
    return made


@contextmanager
def _quiet_logs(verbosity: int) -> Iterator[None]:
    """Hides log lines, because the command reports an outage of Redis or the database itself. `-v 2` shows both."""
    before = logging.root.manager.disable
    if verbosity < 2:
        logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """Treats SIGTERM like Ctrl-C. A shell starts a command with `&` with SIGINT ignored, and SIGTERM still works."""
    if threading.current_thread() is not threading.main_thread():  # Python sets handlers only in the main thread
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
