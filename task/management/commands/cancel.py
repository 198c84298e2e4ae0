"""`manage.py cancel JOB`: cancels a job that still creates accounts."""

from argparse import ArgumentParser
from typing import Any

from task.jobs import actions
from task.terminal.command import TerminalCommand, add_job_argument, add_json_option, find_job
from task.terminal.command_line import command_line
from task.terminal.text import accounts


class Command(TerminalCommand):
    help = "Cancel a job: no further account is created. Existing accounts stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_job_argument(parser)
        add_json_option(parser, "the job as one line of JSON")

    def handle(self, *args: Any, job: str, as_json: bool, **options: Any) -> None:
        result = actions.cancel(job_id=find_job(job).pk)
        cancelled = result.job
        if as_json:
            self.write_json(cancelled, is_new=result.is_new)
            return
        how = "is cancelled" if result.is_new else "was cancelled before,"
        stay = f" Its accounts stay. Remove them: {command_line('remove', cancelled.pk)}" if cancelled.created else ""
        self.stdout.write(f"Job {cancelled.pk} {how} at {cancelled.created} of {accounts(cancelled.total)}.{stay}")
