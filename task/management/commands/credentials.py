"""`manage.py credentials JOB`: exports the usernames, e-mail addresses and passwords of a job's accounts."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from task.jobs import credentials
from task.jobs.credential_formats import FORMATS, Format
from task.terminal.command import CANNOT, TerminalCommand, add_job_argument, find_job
from task.terminal.text import accounts

Write = Callable[[str], Any]


class Command(TerminalCommand):
    help = "Export the credentials of a job's accounts for load-test tools: username, email, password, reason."
    exit_codes = "0: exported; 1: the passwords of this job cannot be exported; 2: error."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_job_argument(parser)
        parser.add_argument("--format", choices=FORMATS, default="csv", dest="written_as", help="default: csv")
        parser.add_argument("--output", metavar="FILE", help="write to a new file that only you can read")

    def handle(self, *args: Any, job: str, written_as: str, output: str | None, **options: Any) -> None:
        written, job_id = FORMATS[written_as], find_job(job).pk
        if output is not None:
            number = _to_file(Path(output), job_id, written)
            self.stderr.write(f"{accounts(number)} written to {output}. Only you can read it.", str)
            return
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # whatever the terminal uses: other programs read the output
        _export(job_id, written, lambda text: self.stdout.write(text, ending=""))


def _to_file(path: Path, job_id: int, written: Format) -> int:
    """Creates a new file with mode 0600, and deletes it after any error. Returns the number of accounts."""
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError as error:
        raise CommandError(f"{path} exists: choose a new file.", returncode=CANNOT) from error
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            return _export(job_id, written, file.write)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(path, error) from error
        raise


def _unwritable(path: Path, error: Exception) -> CommandError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return CommandError(f"{path} cannot be written: {reason}. Choose another file.", returncode=CANNOT)


def _export(job_id: int, written: Format, write: Write) -> int:
    """Returns the number of accounts. The audit log records the export before the first byte is written."""
    export = credentials.start_export(job_id=job_id, written_as=written.name)
    write(written.opening)
    number = 0
    for rows in credentials.read_chunks(export):
        write(written.rows(rows, number == 0))
        number += len(rows)
    write(written.closing)
    return number
