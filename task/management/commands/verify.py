"""`manage.py verify JOB`: shows that a job made each of its accounts exactly once. Exit code 1 if it did not."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from realtime.log import CursorLost
from task.jobs.verification import Verdict, verify
from task.models import Job
from task.terminal.command import CANNOT, REFUSED, TerminalCommand, add_job, add_json, job_of


class Command(TerminalCommand):
    help = "Check that a job's accounts, numbers and events are complete, each exactly once."
    exit_codes = "0: the job is right; 1: it is wrong; 2: nobody can tell (yet)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_job(parser)
        add_json(parser, "the verdict as JSON: job, is_right, problems")

    def handle(self, *args: Any, job: str, as_json: bool, **options: Any) -> None:
        found = job_of(job)
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
    """Of a job that has ended and is still in the log as a whole."""
    if job.state in Job.AT_WORK:
        raise CommandError(f"Job {job.pk} is {job.state}: verify it when it has ended.", returncode=CANNOT)
    try:
        verdict = verify(job)
    except CursorLost as error:
        raise CommandError("The log was trimmed meanwhile: try again.", returncode=CANNOT) from error
    if verdict.is_trimmed and not verdict.problems:
        raise CommandError(f"Job {job.pk} cannot be verified: its first events were trimmed.", returncode=CANNOT)
    return verdict
