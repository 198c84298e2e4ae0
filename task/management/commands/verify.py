"""`manage.py verify JOB`: shows that a job made each of its accounts exactly once. Exit code 1 if it did not."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from realtime.log import CursorLost
from task.models import Job
from task.verification import verify


class Command(BaseCommand):
    help = "Check that a job's accounts, numbers and events are complete, each exactly once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", type=int, metavar="JOB")

    def handle(self, *args: Any, job: int, **options: Any) -> None:
        found = Job.objects.filter(pk=job).first()
        if found is None:
            raise CommandError(f"There is no job {job}.", returncode=2)
        if found.state in Job.ACTIVE:
            raise CommandError(f"Job {job} is {found.state}: verify it when it has ended.", returncode=2)
        try:
            verdict = verify(found)
        except CursorLost as error:
            raise CommandError("The log was trimmed meanwhile: try again.", returncode=2) from error
        if verdict.problems:
            raise CommandError(f"Job {job} is NOT right. {' '.join(verdict.problems)}")
        if verdict.is_trimmed:
            raise CommandError(f"Job {job} cannot be verified: its first events were trimmed.", returncode=2)
        self.stdout.write(f"Job {job}: {found.created} of {found.total} accounts, {found.state}; each once, in order.")
