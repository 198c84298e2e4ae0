"""`manage.py retry JOB`: continues a failed job where it stopped."""

from argparse import ArgumentParser
from typing import Any

from task.jobs import actions
from task.terminal.command import TerminalCommand, add_job_argument, add_json_option, find_job
from task.terminal.command_line import command_line
from task.terminal.text import accounts


class Command(TerminalCommand):
    help = "Continue a failed job where it stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_job_argument(parser)
        add_json_option(parser, "the job as one line of JSON")

    def handle(self, *args: Any, job: str, as_json: bool, **options: Any) -> None:
        result = actions.retry(job_id=find_job(job).pk)
        self.warn_of_queue(result.queue_fault)
        queued = result.job
        if as_json:
            self.write_json(queued, is_new=result.is_new)
            return
        how = "continues" if result.is_new else f"is already {queued.state},"
        self.stdout.write(
            f"Job {queued.pk} {how} at {queued.created} of {accounts(queued.total)}. "
            f"Follow it: {command_line('watch', '--job', queued.pk)}"
        )
