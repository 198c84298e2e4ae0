"""`manage.py credentials JOB`: writes the usernames, e-mails and passwords of a job's accounts."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from task.jobs import credentials
from task.jobs.credential_formats import FORMATS, Format
from task.models import Job
from task.terminal.command import CANNOT, REFUSED, TerminalCommand, add_job, no_such_job, whole
from task.terminal.text import accounts

Write = Callable[[str], Any]


class Command(TerminalCommand):
    help = "Write the credentials of a job's accounts, as load-test tools read them: username, email, password."
    exit_codes = "0: they are written; 1: nobody can have the passwords of this job; 2: it cannot be done."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_job(parser)
        parser.add_argument("--format", choices=FORMATS, default="csv", dest="written_as", help="csv, or json")
        parser.add_argument("--output", metavar="FILE", help="a new file that only you can read, instead of stdout")

    def handle(self, *args: Any, job: str, written_as: str, output: str | None, **options: Any) -> None:
        written, job_id = FORMATS[written_as], whole(job, "JOB")
        if output is not None:
            number = _to_file(Path(output), job_id, written)
            self.stderr.write(f"{accounts(number)} written to {output}, which only you can read.", str)
            return
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # whatever the terminal has: it is a file that others read
        _write(_exported(job_id, written), written, lambda text: self.stdout.write(text, ending=""))


def _exported(job_id: int, written: Format) -> Job:
    try:
        return credentials.start_export(job_id=job_id, written_as=written.name)
    except Job.DoesNotExist as error:
        raise no_such_job(job_id) from error
    except credentials.NoCredentials as error:
        raise CommandError(str(error), returncode=REFUSED) from error


def _to_file(path: Path, job_id: int, written: Format) -> int:
    """Nothing is left of one that was not written to its end."""
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError as error:
        raise CommandError(f"{path} is there already: name a new file.", returncode=CANNOT) from error
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            return _write(_exported(job_id, written), written, file.write)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(path, error) from error
        raise


def _unwritable(path: Path, error: Exception) -> CommandError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return CommandError(f"{path} cannot be written: {reason}. Name another file.", returncode=CANNOT)


def _write(job: Job, written: Format, write: Write) -> int:
    write(written.opening)
    number = 0
    for rows in credentials.read_chunks(job):
        write(written.rows(rows, number == 0))
        number += len(rows)
    write(written.closing)
    return number
