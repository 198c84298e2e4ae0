"""`manage.py generate N`: asks for N accounts, as the page does, in any number up to GENERATE_BULK_MAX."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from task.generation import UnusableTotal, start_job


class Command(BaseCommand):
    help = "Ask for N accounts, made in the background by the worker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("total", type=int, metavar="N")

    def handle(self, *args: Any, total: int, **options: Any) -> None:
        try:
            started = start_job(total=total)
        except UnusableTotal as error:
            raise CommandError(str(error)) from error
        job = started.job.pk
        self.stdout.write(f"Job {job}: {total} accounts are on their way. Follow them: manage.py watch --job {job}")
        if not started.is_dispatched:
            self.stderr.write("The queue cannot be reached just now; the job starts by itself when it is back.")
