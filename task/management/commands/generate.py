"""`manage.py generate N`: requests N accounts, as the page does, up to GENERATE_BULK_MAX."""

from argparse import ArgumentParser
from typing import Any

from realtime import log
from task.events import FEED
from task.jobs.start import start_job
from task.terminal.command import TerminalCommand, add_json_option, whole_number
from task.terminal.command_line import command_line
from task.terminal.follow import follow_until_end
from task.terminal.options import add_options, options_of
from task.terminal.progress import Making
from task.terminal.text import accounts, took


class Command(TerminalCommand):
    help = "Request N accounts. The worker creates them in the background."
    exit_codes = (
        "0: the job is accepted (with --follow, finished); 1: it failed or was cancelled; 2: invalid request, or an "
        "error; 130: interrupted, and the job continues."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("total", metavar="N", help="number of accounts")
        parser.add_argument("--follow", action="store_true", help="show the job until its end")
        add_options(parser)
        add_json_option(parser, "the job as one line of JSON; with --follow its events, one per line")

    def handle(self, *args: Any, total: str, follow: bool, as_json: bool, **given: Any) -> None:
        number, options = whole_number(total, "N"), options_of(given)
        cursor = log.position(FEED).cursor
        started = start_job(total=number, options=options)
        job = started.job
        if not follow and as_json:
            self.write_json(job)
        elif not follow:
            self.stdout.write(
                f"Job {job.pk}: {accounts(job.total)} requested. "
                f"Follow it: {command_line('watch', '--job', job.pk, '--after', cursor.offset)}"
            )
        self.warn_of_queue(started.queue_fault)
        if follow:
            making = Making(job.pk, job.total)
            follow_until_end(making, cursor, out=self.stdout, err=self.stderr, as_json=as_json)
            if not as_json:
                self.stdout.write(f"Job {job.pk} is finished: {accounts(job.total)} in {took(making.seconds)}.")
