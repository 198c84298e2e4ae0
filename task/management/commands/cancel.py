"""`manage.py cancel JOB`: ends a job that still makes accounts."""

from argparse import ArgumentParser
from typing import Any

from task.jobs import actions
from task.terminal.command import TerminalCommand, add_job, add_json, whole
from task.terminal.text import accounts


class Command(TerminalCommand):
    help = "End a job: not one more account of it is made. Those that it has stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_job(parser)
        add_json(parser, "the job as one line")

    def handle(self, *args: Any, job: str, as_json: bool, **options: Any) -> None:
        steered = self.steer(actions.cancel, whole(job, "JOB"))
        cancelled = steered.job
        if as_json:
            self.write_json(cancelled, is_new=steered.is_new)
            return
        how = "is cancelled" if steered.is_new else "was cancelled already,"
        stay = f" They stay: remove them with manage.py remove {cancelled.pk}." if cancelled.created else ""
        self.stdout.write(f"Job {cancelled.pk} {how} at {cancelled.created} of {accounts(cancelled.total)}.{stay}")
