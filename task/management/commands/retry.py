"""`manage.py retry JOB`: lets a job that failed go on where it stopped."""

from argparse import ArgumentParser
from typing import Any

from task.jobs import actions
from task.terminal.command import TerminalCommand, add_job, add_json, whole
from task.terminal.text import accounts


class Command(TerminalCommand):
    help = "Let a job that failed go on where it stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_job(parser)
        add_json(parser, "the job as one line")

    def handle(self, *args: Any, job: str, as_json: bool, **options: Any) -> None:
        steered = self.steer(actions.retry, whole(job, "JOB"))
        queued = steered.job
        if as_json:
            self.write_json(queued, is_new=steered.is_new)
            return
        how = "goes on" if steered.is_new else f"is {queued.state} already,"
        self.stdout.write(
            f"Job {queued.pk} {how} at {queued.created} of {accounts(queued.total)}. "
            f"Follow it: manage.py watch --job {queued.pk}"
        )
