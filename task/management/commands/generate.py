"""`manage.py generate N`: asks for N accounts, as the page does, in any number up to GENERATE_BULK_MAX."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from realtime import log
from task.events import FEED
from task.generation import Started, UnusableTotal, start_job
from task.options import Options, UnusableOption
from task.terminal import words
from task.terminal.command import CANNOT, TerminalCommand, add_json, whole
from task.terminal.progress import Making
from task.terminal.until_end import follow_until_end


class Command(TerminalCommand):
    help = "Ask for N accounts, made in the background by the worker."
    exit_codes = (
        "0: the job is accepted, with --follow: finished; 1: it failed or was cancelled; 2: it cannot be asked for; "
        "130: you left before its end, and it goes on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("total", metavar="N", help="how many accounts")
        parser.add_argument("--follow", action="store_true", help="show the job until its end")
        parser.add_argument("--remove-after", metavar="HOURS", help="remove the accounts that many hours from now")
        add_json(parser, "the job as one line; with --follow its events, one a line")

    def handle(
        self, *args: Any, total: str, remove_after: str | None, follow: bool, as_json: bool, **options: Any
    ) -> None:
        cursor = log.head(FEED).cursor
        started = self._start(whole(total, "N"), remove_after)
        job = started.job
        if not follow:
            self._say(started, cursor.offset, as_json)
        self.remark_on_queue(is_dispatched=started.is_dispatched)
        if follow:
            making = Making(job.pk, job.total)
            follow_until_end(making, cursor, out=self.stdout, err=self.stderr, as_json=as_json)
            if not as_json:
                took = words.took(making.seconds)
                self.stdout.write(f"Job {job.pk} is finished: {words.accounts(job.total)} in {took}.")

    def _start(self, total: int, remove_after: str | None) -> Started:
        hours = None if remove_after is None else whole(remove_after, "--remove-after")
        try:
            return start_job(total=total, options=Options(remove_after_hours=hours))
        except (UnusableTotal, UnusableOption) as error:
            raise CommandError(str(error), returncode=CANNOT) from error

    def _say(self, started: Started, offset: int, as_json: bool) -> None:
        job = started.job
        if as_json:
            self.write_json(job)
            return
        self.stdout.write(
            f"Job {job.pk}: {words.accounts(job.total)} on their way. "
            f"Follow them: manage.py watch --job {job.pk} --after {offset}"
        )
