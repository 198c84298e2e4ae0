"""`manage.py remove JOB`: removes the accounts of an ended job, except accounts in use."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from realtime import log
from realtime.protocol import Cursor
from task.events import FEED
from task.jobs import actions
from task.jobs.removal import Preview, preview
from task.models import Job
from task.terminal.command import CANNOT, REFUSED, TerminalCommand, add_job_argument, add_json_option, find_job
from task.terminal.command_line import command_line
from task.terminal.follow import follow_until_end
from task.terminal.progress import Removing
from task.terminal.text import accounts, grouped, reasons, took


class Command(TerminalCommand):
    help = "Remove the accounts of an ended job. Accounts in use are kept, and the job stays as a record."
    exit_codes = (
        "0: the removal has started, or was done before (with --follow, it is done); 1: the state of the job does not "
        "allow it, you answered no, or it failed; 2: error; 130: interrupted, and the removal continues."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_job_argument(parser)
        parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
        parser.add_argument("--dry-run", action="store_true", help="only show what would be removed and kept")
        parser.add_argument("--follow", action="store_true", help="show the removal until its end")
        add_json_option(parser, "what is removed and kept as one line of JSON; with --follow the events, one per line")

    def handle(
        self, *args: Any, job: str, yes: bool, dry_run: bool, follow: bool, as_json: bool, **options: Any
    ) -> None:
        cursor = log.position(FEED).cursor
        found = find_job(job)
        actions.require_ended(found)
        plan = preview(found)
        if not as_json:
            self.stdout.write(_summary(found, plan))
        elif dry_run or not follow:
            self.stdout.write(json.dumps({"job": found.pk, "removes": plan.removes, "keeps": plan.keeps}))
        if dry_run or found.state == Job.State.REMOVED:
            return
        if plan.removes and found.may_remove and not yes:
            self._confirm(found, plan)
        result = actions.remove(job_id=found.pk)
        self.warn_of_queue(result.queue_fault)
        if follow:
            self._follow(found, plan, cursor, as_json)
        elif not as_json:
            self.stdout.write(f"The removal has started. Follow it: {command_line('remove', found.pk, '--follow')}")

    def _confirm(self, job: Job, plan: Preview) -> None:
        if sys.stdin is None or not sys.stdin.isatty():
            raise CommandError("Cannot prompt here: use --yes. Nothing was removed.", returncode=CANNOT)
        self.stdout.flush()
        self.stderr.write(f"Remove {accounts(plan.removes)} of job {job.pk}? [y/N] ", str, ending="")
        self.stderr.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was removed.", returncode=REFUSED)

    def _follow(self, job: Job, plan: Preview, cursor: Cursor, as_json: bool) -> None:
        removing = Removing(job.pk, plan.removes)
        follow_until_end(removing, cursor, out=self.stdout, err=self.stderr, as_json=as_json)
        if not as_json:
            kept = _kept(preview(job))
            self.stdout.write(f"Job {job.pk}: {accounts(removing.done)} removed in {took(removing.seconds)}{kept}.")


def _summary(job: Job, plan: Preview) -> str:
    match job.state:
        case Job.State.REMOVED:
            return f"The accounts of job {job.pk} were removed before{_kept(plan)}."
        case Job.State.REMOVING:
            return f"The accounts of job {job.pk} are already being removed: {grouped(plan.removes)} left."
        case _:
            return f"Job {job.pk}: {accounts(plan.removes)} to remove{_kept(plan)}."


def _kept(plan: Preview) -> str:
    return f"; {accounts(plan.kept)} kept: {reasons(plan.keeps)}" if plan.kept else ""
