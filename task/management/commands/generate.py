"""`manage.py generate N`: asks for N accounts, as the page does, in any number up to GENERATE_BULK_MAX."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from realtime import log
from task.events import FEED
from task.jobs.start import Started, UnusableTotal, start_job
from task.options import Options, UnusableOption
from task.terminal import text
from task.terminal.command import CANNOT, TerminalCommand, add_json, whole
from task.terminal.options import add_options, options_of
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
        add_options(parser)
        add_json(parser, "the job as one line; with --follow its events, one a line")

    def handle(self, *args: Any, total: str, follow: bool, as_json: bool, **given: Any) -> None:
        number, options = whole(total, "N"), options_of(given)
        cursor = log.head(FEED).cursor
        started = self._start(number, options)
        job = started.job
        if not follow:
            self._say(started, cursor.offset, as_json)
        self.remark_on_queue(is_dispatched=started.is_dispatched)
        if follow:
            making = Making(job.pk, job.total)
            follow_until_end(making, cursor, out=self.stdout, err=self.stderr, as_json=as_json)
            if not as_json:
                took = text.took(making.seconds)
                self.stdout.write(f"Job {job.pk} is finished: {text.accounts(job.total)} in {took}.")

    def _start(self, total: int, options: Options) -> Started:
        try:
            return start_job(total=total, options=options)
        except (UnusableTotal, UnusableOption) as error:
            raise CommandError(str(error), returncode=CANNOT) from error

    def _say(self, started: Started, offset: int, as_json: bool) -> None:
        job = started.job
        if as_json:
            self.write_json(job)
            return
        self.stdout.write(
            f"Job {job.pk}: {text.accounts(job.total)} on their way. "
            f"Follow them: manage.py watch --job {job.pk} --after {offset}"
        )
