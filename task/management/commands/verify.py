"""`manage.py verify JOB`: proves that a job created each of its accounts exactly once. Exits with 1 if it did not."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from realtime.log import CursorLost
from task.jobs.verification import Verdict, verify
from task.models import Job
from task.terminal.command import CANNOT, REFUSED, TerminalCommand, add_job_argument, add_json_option, find_job


class Command(TerminalCommand):
    help = "Check that a job's accounts, numbers and events are complete, each exactly once."
    exit_codes = "0: the job is correct; 1: it is wrong; 2: it cannot be verified (yet), or an error."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_job_argument(parser)
        add_json_option(parser, "the verdict as JSON: job, is_right, problems")

    def handle(self, *args: Any, job: str, as_json: bool, **options: Any) -> None:
        found = find_job(job)
        verdict = _verdict(found)
        if as_json:
            self.stdout.write(
                json.dumps({"job": found.pk, "is_right": not verdict.problems, "problems": verdict.problems})
            )
        if verdict.problems:
            raise CommandError(f"Job {found.pk} is NOT right. {' '.join(verdict.problems)}", returncode=REFUSED)
        if not as_json:
            self.stdout.write(
                f"Job {found.pk}: {found.created} of {found.total} accounts, {found.state}; each once, in order."
            )


def _verdict(job: Job) -> Verdict:
    """Raises CommandError unless the job has ended and the log still holds all of its events."""
    if job.state in Job.AT_WORK:
        raise CommandError(f"Job {job.pk} is {job.state}: verify it after its end.", returncode=CANNOT)
    try:
        verdict = verify(job)
    except CursorLost as error:
        raise CommandError("The log was trimmed during the check: try again.", returncode=CANNOT) from error
    if verdict.is_trimmed and not verdict.problems:
        raise CommandError(f"Job {job.pk} cannot be verified: its first events were trimmed.", returncode=CANNOT)
    return verdict
