"""`manage.py remove JOB`: removes the accounts of a job that has ended, but for those that somebody uses."""

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
from task.terminal.command import CANNOT, REFUSED, TerminalCommand, add_job, add_json, job_of
from task.terminal.progress import Removing
from task.terminal.text import accounts, grouped, reasons, took
from task.terminal.until_end import follow_until_end


class Command(TerminalCommand):
    help = "Remove the accounts of a job that has ended, but for those that somebody uses. The job stays as a record."
    exit_codes = (
        "0: the removal has begun, or was done before, with --follow: it is done; 1: the state of the job does not "
        "allow it, you said no, or it failed; 2: it cannot be done; 130: you left before its end, and it goes on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_job(parser)
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be removed and what is kept")
        parser.add_argument("--follow", action="store_true", help="show the removal until its end")
        add_json(parser, "what is removed and kept as one line; with --follow the events, one a line")

    def handle(
        self, *args: Any, job: str, yes: bool, dry_run: bool, follow: bool, as_json: bool, **options: Any
    ) -> None:
        cursor = log.head(FEED).cursor
        found = job_of(job)
        _require_ended(found)
        plan = preview(found)
        if as_json:
            if dry_run or not follow:
                self.stdout.write(json.dumps({"job": found.pk, "removes": plan.removes, "keeps": plan.keeps}))
        else:
            self.stdout.write(_said(found, plan))
        if dry_run or found.state == Job.State.REMOVED:
            return
        if plan.removes and found.may_remove and not yes:
            self._ask(found, plan)
        self.steer(actions.remove, found.pk)
        if follow:
            self._follow(found, plan, cursor, as_json)
        elif not as_json:
            self.stdout.write(f"The removal has begun. Follow it: manage.py remove {found.pk} --follow")

    def _ask(self, job: Job, plan: Preview) -> None:
        if sys.stdin is None or not sys.stdin.isatty():
            raise CommandError("Nobody can be asked here: say --yes. Nothing was removed.", returncode=CANNOT)
        self.stdout.flush()
        self.stderr.write(f"Remove {accounts(plan.removes)} of job {job.pk}? [y/N] ", str, ending="")
        self.stderr.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was removed.", returncode=REFUSED)

    def _follow(self, job: Job, plan: Preview, cursor: Cursor, as_json: bool) -> None:
        removing = Removing(job.pk, plan.removes)
        follow_until_end(removing, cursor, out=self.stdout, err=self.stderr, as_json=as_json)
        if not as_json:
            stay = _stay(preview(job))
            self.stdout.write(f"Job {job.pk}: {accounts(removing.done)} removed in {took(removing.seconds)}{stay}.")


def _require_ended(job: Job) -> None:
    try:
        actions.require_ended(job)
    except actions.WrongState as error:
        raise CommandError(str(error), returncode=REFUSED) from error


def _said(job: Job, plan: Preview) -> str:
    match job.state:
        case Job.State.REMOVED:
            return f"The accounts of job {job.pk} are removed already{_stay(plan)}."
        case Job.State.REMOVING:
            return f"The accounts of job {job.pk} are being removed already: {grouped(plan.removes)} to go."
        case _:
            return f"Job {job.pk}: {accounts(plan.removes)} to remove{_stay(plan)}."


def _stay(plan: Preview) -> str:
    if not plan.kept:
        return ""
    return f"; {accounts(plan.kept)} {'stays' if plan.kept == 1 else 'stay'}: {reasons(plan.keeps)}"
